import type { Transcript } from '../client/read-transcript.js';

/** A transcript as people read it: who, and what they said. */
export function formatTranscript({ messages }: Transcript): string {
  if (messages.length === 0) return '(nothing said yet)';
  return messages
    .map(({ role, text, finishReason, failure }) => {
      const marks = [
        ...(finishReason !== undefined && finishReason !== 'stop' ? [`(${finishReason})`] : []),
        ...(failure ? [`✗ ${failure.message}`] : []),
      ];
      return [`${role}: ${text}`, ...marks].join('\n  ');
    })
    .join('\n');
}
