import { expect, it } from 'vitest';
import { toMessages } from '../../domain/session/conversation.js';
import type { Turn } from '../../domain/session/conversation.js';
import { exportSession, sessionMarkdown } from '../../domain/session/session-export.js';
import { formatTranscript, formatTurns } from './format-transcript.js';

const failure = { type: 'Model.Unavailable', message: 'The server is gone.', partial: { text: 'The sky is' } };
const turns: readonly Turn[] = [
  { turn: 1, parent: 0, messageId: 'a', text: 'Why?', sentAt: '2026-11-28T00:00:00.000Z', failure },
  {
    turn: 2,
    parent: 1,
    messageId: 'b',
    text: 'And?',
    sentAt: '2026-11-28T00:01:00.000Z',
    failure: { ...failure, partial: { text: '', thinking: 'Air.' } },
  },
];

it('tells what there is of an answer whose turn failed', () => {
  expect(formatTranscript({ messages: toMessages(turns), head: 2 } as never)).toBe(
    '1 user: Why?\n  ✗ The server is gone.\n1 assistant: The sky is\n  (incomplete: the turn failed)\n2 user: And?\n  ✗ The server is gone.',
  );
  expect(formatTurns(turns)).toBe(
    '1 after the beginning: Why? → The sky is ✗ The server is gone.\n2 after 1: And? → ✗ The server is gone.',
  );
});

it('exports it, as data and for people', () => {
  const exported = exportSession({ sessionId: 's', head: 1, turns });
  expect(exported.turns[0]?.failure?.partial).toEqual({ text: 'The sky is' });
  expect(sessionMarkdown(exported)).toContain('**Assistant**, broken off:\n\n> The sky is\n\n**Failed**');
});
