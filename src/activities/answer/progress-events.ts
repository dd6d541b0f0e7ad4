import type { GenerateProgress } from '../../inference/language-model.js';
import type { StreamEvent } from '../../streaming/token-stream.js';

/** Minimum time between two progress events of one answer, in milliseconds. */
const PROGRESS_EVENT_INTERVAL_MS = 500;

export interface ProgressEvents extends Disposable {
  /**
   * Publishes the progress at once, or as soon as `PROGRESS_EVENT_INTERVAL_MS` have passed since the previous
   * event; then only the newest is published.
   */
  readonly take: (progress: GenerateProgress) => void;
  /** Drops unpublished progress; call it when text arrives. Disposal does the same. */
  readonly drop: () => void;
}

/** Turns a model's progress into events for readers: not many, but always the newest. */
export function createProgressEvents(messageId: string, publish: (event: StreamEvent) => void): ProgressEvents {
  let newest: GenerateProgress | undefined;
  let publishedAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  const tell = (): void => {
    timer = undefined;
    if (newest === undefined) return;
    publishedAt = performance.now();
    const { step, done, total } = newest;
    newest = undefined;
    publish({ type: 'progress', messageId, step, done, total });
  };
  const drop = (): void => {
    newest = undefined;
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    drop,
    [Symbol.dispose]: drop,
    take(progress) {
      newest = progress;
      if (timer !== undefined) return;
      const waitMs = publishedAt + PROGRESS_EVENT_INTERVAL_MS - performance.now();
      if (waitMs <= 0) tell();
      else timer = setTimeout(tell, waitMs);
    },
  };
}
