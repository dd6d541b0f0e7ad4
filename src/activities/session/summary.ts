import { log } from '@temporalio/activity';
import { NO_USAGE } from '../../domain/session/conversation.js';
import { hashTurns } from '../../domain/conversation-hash.js';
import { SUMMARY_TOKENS, promptBudget, summaryRequest, turnsToSummarise } from '../../domain/session/summary.js';
import type { SummariseInput, SummariseOutput } from '../../domain/session/summary.js';
import type { LanguageModel } from '../../inference/language-model.js';
import type { Conversation } from './conversations.js';
import type { TurnDependencies } from './generation.js';
import { withHeartbeat } from '../with-heartbeat.js';
import { promptFrom } from './prompt-window.js';
import { toFailure } from '../to-failure.js';

export interface SummaryActivities {
  /**
   * Summarises the oldest turns of a prompt in a few sentences, and lets the engine read the shortened prompt, so
   * that the next turn finds it in the cache.
   */
  summarise(input: SummariseInput): Promise<SummariseOutput>;
  /** Drops everything that this model stores of a conversation, in memory and on disk. */
  forgetSession(input: { readonly sessionId: string; readonly modelId: string }): Promise<void>;
}

/** Lower than the priority of any answer. */
const PRIORITY = -1;

export function createSummaryActivities(dependencies: TurnDependencies): SummaryActivities {
  return {
    summarise: (input) => withHeartbeat((signal) => summariseConversation(input, dependencies, signal)),
    async forgetSession({ sessionId, modelId }) {
      try {
        const model = await dependencies.getModel(modelId);
        dependencies.conversations.forget(sessionId);
        await model.forget(sessionId);
      } catch (error) {
        throw toFailure(error);
      }
    },
  };
}

async function summariseConversation(
  input: SummariseInput,
  { getModel, conversations, workerQueue }: TurnDependencies,
  signal: AbortSignal,
): Promise<SummariseOutput> {
  const { sessionId, contextFromTurn, maxOutputTokens } = input;
  const model = await getModel(input.modelId);
  const conversation = await conversations.before(input);
  const from = Math.max(
    0,
    conversation.turns.findIndex(({ turn }) => turn >= contextFromTurn),
  );
  const fixed = await model.countPromptTokens(
    promptFrom({ ...conversation, summary: undefined }, Infinity, { text: '.' }),
  );
  const budget = promptBudget(model.contextTokens, maxOutputTokens);
  const count = turnsToSummarise(await tokensOfTurns(model, conversation, from), fixed, budget);
  const summarised = conversation.turns.slice(0, from + count);
  const last = summarised.at(-1);
  if (count === 0 || last === undefined) return { usage: NO_USAGE };

  const { persona, text } = summaryRequest(conversation.summary, conversation.turns.slice(from, from + count));
  const options = { signal, onDelta: () => undefined };
  const written = await model.generate(
    {
      prompt: { type: 'chat', persona, messages: [{ role: 'user', text }], thinking: false },
      maxOutputTokens: SUMMARY_TOKENS - 32,
      priority: PRIORITY,
    },
    options,
  );
  const summary = written.text.trim();
  if (written.finishReason === 'cancelled' || summary === '') return { usage: written.usage };
  const next: Conversation = {
    ...conversation,
    summary,
    turns: conversation.turns.slice(from + count),
    hashBefore: hashTurns(conversation.hashBefore, summarised),
  };
  // Reads the new prompt now, so that it is in the cache when the user comes back.
  await model.generate({ prompt: promptFrom(next, 0, { text: ' ' }), maxOutputTokens: 1, priority: PRIORITY }, options);
  conversations.remember(sessionId, next);
  log.info('Conversation summarised', { throughTurn: last.turn, turns: count, ...written.usage });
  return {
    summary: { text: summary, throughTurn: last.turn },
    usage: written.usage,
    ...(workerQueue !== undefined && { workerQueue }),
  };
}

/** Exact except for the text that the template writes between turns. */
async function tokensOfTurns(model: LanguageModel, conversation: Conversation, from: number): Promise<number[]> {
  const bare = { ...conversation, summary: undefined };
  const after = await Promise.all(
    [...conversation.turns.slice(from), undefined].map((_, index) =>
      model.countPromptTokens(promptFrom(bare, from + index, { text: '.' })),
    ),
  );
  return after.slice(0, -1).map((tokens, index) => tokens - (after[index + 1] ?? tokens));
}
