import { log } from '@temporalio/activity';
import type { GenerateInput, GenerateOutput } from '../../domain/session/generation.js';
import { THINKING_SHARE } from '../../domain/session/session-settings.js';
import { groundedQuestion } from '../../domain/answer/source-texts.js';
import { toolResultsText } from '../../domain/tools/tool-texts.js';
import { writeAnswer } from '../answer/write-answer.js';
import type { AnswerStream, WriteAnswer } from '../answer/write-answer.js';
import { answerTokens } from '../answer/write-text.js';
import type { GetModel } from '../answer/write-text.js';
import type { Conversations, FetchToolCalls } from './conversations.js';
import { dropBefore, fitPrompt } from './prompt-window.js';

export interface GenerationActivities {
  /**
   * Writes the answer of one turn. Sends a heartbeat with the answer so far every second; after a crash, the next attempt continues from
   * there. When the session cancels it, it returns the text so far; when the worker shuts down, it hands the text to the next attempt.
   */
  generate(input: GenerateInput): Promise<GenerateOutput>;
}

/** What a model worker needs for the turns of sessions. */
export interface TurnDependencies {
  readonly getModel: GetModel;
  readonly conversations: Conversations;
  readonly toolCalls: FetchToolCalls;
  /** The worker's own queue, which results name so that the next turn comes back to this worker. */
  readonly workerQueue?: string;
}

export interface GenerationDependencies extends TurnDependencies, AnswerStream {}

export function createGenerationActivities(dependencies: GenerationDependencies): GenerationActivities {
  return {
    generate(input) {
      const { sessionId, message, resumeFrom, purpose } = input;
      const about = { sessionId, messageId: message.messageId, resumeFrom, isShown: purpose !== 'draft' };
      return writeAnswer(about, dependencies, (write) => generateTurn(input, dependencies, write));
    },
  };
}

async function generateTurn(
  input: GenerateInput,
  { getModel, conversations, toolCalls, workerQueue }: TurnDependencies,
  write: WriteAnswer,
): Promise<GenerateOutput> {
  const { sessionId, turn, message, deadline, decoding, sources, purpose } = input;
  const model = await getModel(input.modelId);
  const conversation = await conversations.before(input);
  const maxOutputTokens = answerTokens(model, input.maxOutputTokens);
  const calls = (input.callCount ?? 0) === 0 ? [] : await toolCalls(sessionId, turn);
  const asked = sources === undefined ? message.text : groundedQuestion(message.text, sources);
  // The thoughts of a draft would have no reader.
  const thinks = purpose === 'draft' ? false : input.thinking?.enabled;
  const options = { ...input, message: { text: asked }, maxOutputTokens, thinks, calls };
  const { prompt, fromTurn, promptTokens } = await fitPrompt(model, conversation, options);
  const { text, thinking, finishReason, usage, tokensPerSecond, firstTokenMs } = await write(model, {
    prompt,
    maxOutputTokens,
    maxThinkingTokens: input.thinking?.maxTokens ?? Math.floor(maxOutputTokens * THINKING_SHARE),
    decoding,
    deadline,
    cacheKey: sessionId,
    // Another worker that takes over the session then loads this state instead of reading the conversation again.
    snapshot: purpose === undefined,
  });

  const results = toolResultsText(calls);
  const user = results === '' ? message.text : `${message.text}\n\n${results}`;
  const thoughts = thinking === undefined ? {} : { thinking };
  // Sources stay in their own turn; later prompts contain only question and answer.
  const told = purpose === 'draft' ? [] : [{ turn, user, assistant: text, ...thoughts }];
  conversations.remember(sessionId, dropBefore({ ...conversation, turns: [...conversation.turns, ...told] }, fromTurn));
  const { contextTokens, modelId } = model;
  log.info('Turn generated', { turn, modelId, finishReason, ...usage, tokensPerSecond });
  return {
    text,
    ...thoughts,
    finishReason,
    modelId,
    usage,
    context: { fromTurn, promptTokens, contextTokens },
    tokensPerSecond,
    firstTokenMs,
    ...(workerQueue !== undefined && { workerQueue }),
  };
}
