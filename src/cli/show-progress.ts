import type { AnswerProgress } from '../client/read-stream.js';

/** On one line, e.g. `waiting: place 2 of 3 in the model's queue`. */
export function describeProgress({ step, done, total }: AnswerProgress): string {
  if (step === 'loading') return 'waiting: the model is being loaded';
  if (step === 'queued') return `waiting: place ${done} of ${total} in the model’s queue`;
  const share = total > 0 ? ` (${Math.floor((100 * done) / total)}%)` : '';
  return `reading: ${done.toLocaleString('en')} of ${total.toLocaleString('en')} tokens${share}`;
}
