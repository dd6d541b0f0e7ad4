import { expect, it } from 'vitest';
import { sessionDetails } from './session-details.js';
import { acceptMessage, newSession, recordAnswer } from './session.js';

const NOW = '2026-01-31T12:00:00.000Z';

it('tells state, counts, and who said what last', () => {
  const asked = acceptMessage(newSession({ modelId: 'smollm2' }, NOW), { messageId: 'a', text: 'Who are *you*?' }, NOW);
  const usage = { inputTokens: 31, cachedInputTokens: 0, outputTokens: 7, durationMs: 120 };
  const answered = recordAnswer(
    asked,
    1,
    { text: 'I am\n[a bot](http://evil.example)', finishReason: 'stop', modelId: 'smollm2', usage, answeredAt: NOW },
    { fromTurn: 1 },
  );
  expect(sessionDetails(acceptMessage(answered, { messageId: 'b', text: 'Why?' }, NOW), 'answering'))
    .toMatchInlineSnapshot(`
    "**Answering**

    - Model: smollm2
    - Turns: 1 answered, 0 failed, 1 open
    - Tokens: 31 read (0 of them cached), 7 written

    **User**, turn 1: Who are \\*you\\*?

    **Assistant** (stop): I am \\[a bot\\]\\(http://evil.example\\)

    **User**, turn 2: Why?"
  `);
});
