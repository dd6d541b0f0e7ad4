import { describeSources } from '../../domain/answer/answer-sources.js';
import { excerpt } from '../../domain/text.js';
import type { Turn } from '../../domain/session/conversation.js';
import type { Transcript } from '../../client/read-transcript.js';

/** A transcript for people: for each turn its number, the speaker and the text. */
export function formatTranscript({ messages }: Transcript): string {
  if (messages.length === 0) return '(empty conversation)';
  return messages
    .map(({ turn, role, text, finishReason, toolCalls = [], sources, failure }) => {
      const marks = [
        ...toolCalls.map(
          ({ tool, state, result }) =>
            `(tool ${tool}: ${state}${result === undefined ? '' : `, ${excerpt(result, 80)}`})`,
        ),
        ...(finishReason !== undefined && finishReason !== 'stop' ? [`(${finishReason})`] : []),
        ...(sources ? [`(sources: ${describeSources(sources)})`] : []),
        ...(failure ? [`✗ ${failure.message}`] : []),
      ];
      const lines = [`${turn} ${role}: ${text}`, ...marks].join('\n  ');
      return failure?.partial?.text
        ? `${lines}\n${turn} assistant: ${failure.partial.text}\n  (incomplete: the turn failed)`
        : lines;
    })
    .join('\n');
}

/** All turns of all branches, one line each: the number, the turn that it follows, and the texts. */
export function formatTurns(turns: readonly Turn[]): string {
  if (turns.length === 0) return '(empty conversation)';
  return turns
    .map(({ turn, parent, text, answer, failure }) => {
      const brokenOff = failure?.partial?.text ? `${excerpt(failure.partial.text, 40)} ` : '';
      const outcome = answer?.text ?? (failure ? `${brokenOff}✗ ${failure.message}` : '…');
      return `${turn} after ${parent === 0 ? 'the beginning' : parent}: ${excerpt(text, 60)} → ${excerpt(outcome, 80)}`;
    })
    .join('\n');
}
