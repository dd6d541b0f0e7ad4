import type { WorkReport } from './native-report.js';

export interface WatchVerdict {
  /** Requests that nobody works on: their answers will never come. */
  readonly lost: readonly number[];
  /** Requests that have come no further for the limit. */
  readonly stalled: readonly number[];
  /** No request has come further for the limit: the process itself is of no use. */
  readonly isStuck: boolean;
}

/**
 * Judges by what a process answers to pings whether its requests come further. It counts answers rather than time: while this process
 * does not run, neither counts.
 */
export class ProgressWatch {
  private readonly requests = new Map<number, { progress: number | undefined; standing: number }>();
  private standing = 0;

  /** @param limit answers without progress after which a request is stalled, at least 1 */
  constructor(private readonly limit: number) {}

  /** Something of a request's answer came. */
  heard(id: number): void {
    this.standing = 0;
    const request = this.requests.get(id);
    if (request !== undefined) request.standing = 0;
  }

  /** Nobody waits for it any more. */
  drop(id: number): void {
    this.requests.delete(id);
  }

  /**
   * @param asked requests under way that were sent before the ping: messages keep their order, so the process knows them
   * @param working what the process says it works on; those without `progress` are never stalled
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

  /** For how many answers a request has come no further. */
  private stands(id: number, progress: number | undefined): number {
    const before = this.requests.get(id);
    const standing = before !== undefined && before.progress === progress ? before.standing + 1 : 0;
    this.requests.set(id, { progress, standing });
    return standing;
  }
}
