import type { WorkReport } from './native-report.js';

export interface WatchVerdict {
  /** Requests that the process is not working on: their answers will never come. */
  readonly lost: readonly number[];
  /** Requests without progress for the whole limit. */
  readonly stalled: readonly number[];
  /** No request has made progress for the whole limit, so the process itself is stuck. */
  readonly isStuck: boolean;
}

/**
 * Judges from a process's answers to pings whether its requests make progress. It counts answers instead of time, so that nothing is
 * counted while this process does not run.
 */
export class ProgressWatch {
  private readonly requests = new Map<number, { progress: number | undefined; standing: number }>();
  private standing = 0;

  /** @param limit number of answers without progress after which a request is stalled, at least 1 */
  constructor(private readonly limit: number) {}

  /** Records that a part of a request's answer arrived. */
  heard(id: number): void {
    this.standing = 0;
    const request = this.requests.get(id);
    if (request !== undefined) request.standing = 0;
  }

  /** Forgets a request whose answer is no longer awaited. */
  drop(id: number): void {
    this.requests.delete(id);
  }

  /**
   * @param asked running requests that were sent before the ping; messages keep their order, so the process knows them
   * @param working requests that the process says it is working on; those without `progress` are never stalled
   */
  judge(asked: readonly number[], working: readonly WorkReport[]): WatchVerdict {
    const told = new Map(working.map(({ id, progress }) => [id, progress]));
    const lost = asked.filter((id) => !told.has(id));
    const known = asked.filter((id) => told.get(id) !== undefined);
    const before = known.map((id) => this.requests.get(id)?.progress);
    const comesFurther = known.some((id, index) => before[index] !== undefined && before[index] !== told.get(id));
    if (comesFurther || known.length === 0) this.standing = 0;
    else if (before.some((progress) => progress !== undefined)) this.standing++;
    const stalled = known.filter((id) => this.stands(id, told.get(id)) >= this.limit);
    return { lost, stalled, isStuck: this.standing >= this.limit };
  }

  /** Number of answers for which a request has made no progress. */
  private stands(id: number, progress: number | undefined): number {
    const before = this.requests.get(id);
    const standing = before !== undefined && before.progress === progress ? before.standing + 1 : 0;
    this.requests.set(id, { progress, standing });
    return standing;
  }
}
