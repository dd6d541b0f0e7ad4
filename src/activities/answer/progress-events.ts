import type { GenerateProgress } from '../../inference/language-model.js';
import type { StreamEvent } from '../../streaming/token-stream.js';

/** Between two events of progress of one answer, in milliseconds. */
const PROGRESS_EVENT_INTERVAL_MS = 500;

export interface ProgressEvents extends Disposable {
  /** Publishes it at once, or when `PROGRESS_EVENT_INTERVAL_MS` have passed since the one before; then the newest goes. */
  readonly take: (progress: GenerateProgress) => void;
  /** Drops what has not been published: call it when text comes. Disposal does the same. */
  readonly drop: () => void;
}

/** Makes of a model's progress events for readers: few, and the newest always. */
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
