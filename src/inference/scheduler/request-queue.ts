import { ModelError } from '../model-error.js';
import type { Job } from './scheduler-job.js';

/** Requests that wait for a sequence: highest priority first, equal ones in order of arrival. */
export class RequestQueue {
  private readonly waiting: Job[] = [];

  get length(): number {
    return this.waiting.length;
  }

  /** Returns a copy, so that the caller may change the queue while iterating. */
  get jobs(): readonly Job[] {
    return [...this.waiting];
  }

  get first(): Job | undefined {
    return this.waiting[0];
  }

  has(job: Job): boolean {
    return this.waiting.includes(job);
  }

  add(job: Job): void {
    const after = this.waiting.findIndex((other) => other.request.priority < job.request.priority);
    this.waiting.splice(after < 0 ? this.waiting.length : after, 0, job);
  }

  remove(job: Job): void {
    const index = this.waiting.indexOf(job);
    if (index >= 0) this.waiting.splice(index, 1);
  }

  /** Reports its position to each request, unless it is unchanged. */
  tellPlaces(): void {
    const total = this.waiting.length;
    for (const [index, job] of this.jobs.entries()) job.tell({ step: 'queued', done: index + 1, total });
  }
}

/** @param requestMs average duration of a request; undefined before the first */
export function queueFull(queued: number, sequences: number, requestMs = 1000): ModelError {
  const waitMs = (requestMs * queued) / sequences;
  return new ModelError(
    'Model.Unavailable',
    `The model's queue is full: ${queued} requests wait for ${sequences} sequences. Try again later.`,
    { retryAfterMs: Math.round(Math.min(60_000, Math.max(1000, waitMs))), details: { queued } },
  );
}
