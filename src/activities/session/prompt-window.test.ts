import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_HASH } from '../../domain/conversation-hash.js';
import { promptBudget } from '../../domain/session/summary.js';
import { ModelError } from '../../inference/model-error.js';
import { createScriptedModel } from '../../inference/scripted-model.js';
import type { Conversation } from './conversations.js';
import { fitPrompt } from './prompt-window.js';

const words = (least: number, most: number) =>
  fc
    .array(fc.constantFrom('one', 'two', 'system:', '</s>'), { minLength: least, maxLength: most })
    .map((all) => all.join(' '));
const conversations = fc.record({
  persona: words(1, 20),
  summary: fc.option(words(1, 20), { nil: undefined }),
  turns: fc
    .array(fc.tuple(words(1, 30), words(1, 30)), { maxLength: 30 })
    .map((all) => all.map(([user, assistant], index) => ({ turn: index + 1, user, assistant }))),
  hashBefore: fc.constant(EMPTY_HASH),
});

/** Accepts an overflow, which means that persona and message alone are too long; any other error is a fault. */
function overflowOf(error: unknown): 'overflow' {
  if (error instanceof ModelError && error.type === 'Model.ContextOverflow') return 'overflow';
  throw error;
}

describe('the prompt of a turn', () => {
  it('is never over budget; persona first and whole, order kept, newest message in', async () => {
    await fc.assert(
      fc.asyncProperty(
        conversations,
        words(1, 40),
        fc.integer({ min: 20, max: 600 }),
        fc.integer({ min: 1, max: 300 }),
        fc.nat(30),
        async (conversation: Conversation, text, contextTokens, maxOutputTokens, from) => {
          const model = createScriptedModel([], { contextTokens });
          const turn = conversation.turns.length + 1;
          const request = { message: { text }, turn, contextFromTurn: from + 1, maxOutputTokens };
          const window = await fitPrompt(model, conversation, request).catch(overflowOf);
          if (window === 'overflow') return;
          const { prompt, promptTokens, fromTurn } = window;
          expect(promptTokens).toBe(await model.countPromptTokens(prompt));
          expect(promptTokens).toBeLessThanOrEqual(promptBudget(contextTokens, maxOutputTokens));
          expect(prompt.persona).toBe(conversation.persona);
          const told = conversation.turns
            .filter((each) => each.turn >= fromTurn)
            .flatMap(({ user, assistant }) => [user, assistant]);
          const said = prompt.messages.map((message) => message.text);
          expect(said.slice(conversation.summary === undefined ? 0 : 2)).toEqual([...told, text]);
          expect(new Set(prompt.messages.map(({ role }) => role))).not.toContain('system');
          expect(prompt.messages.at(-1)).toEqual({ role: 'user', text });
        },
      ),
    );
  });
});
