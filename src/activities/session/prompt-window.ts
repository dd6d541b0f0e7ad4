import { chooseFirstTurn } from '../../domain/session/context-window.js';
import { hashTurns } from '../../domain/conversation-hash.js';
import { promptBudget, summaryMessages } from '../../domain/session/summary.js';
import type { ToolCall } from '../../domain/tools/tool-call.js';
import type { ChatMessage, LanguageModel } from '../../inference/language-model.js';
import { decisionPrompt, promptWithTools } from '../../inference/structured/decide-tool.js';
import type { ChatPrompt } from '../../inference/structured/decide-tool.js';
import { ModelError } from '../../inference/model-error.js';
import type { Conversation } from './conversations.js';

/** The part of a conversation that fits a model's context window, as a prompt. */
export interface PromptWindow {
  readonly prompt: ChatPrompt;
  /** The same prompt without tools and their results. */
  readonly bare: ChatPrompt;
  /** Its first turn; the number after the last turn if the prompt has no earlier turn. */
  readonly fromTurn: number;
  readonly promptTokens: number;
}

/** The prompt with the turns from an index on. The summary comes first if earlier turns are missing. */
export function promptFrom(
  { persona, summary, turns }: Conversation,
  index: number,
  newest?: { readonly text: string },
  thinks?: boolean,
): ChatPrompt {
  return {
    type: 'chat',
    persona,
    ...(thinks !== undefined && { thinking: thinks }),
    messages: [
      ...(summary === undefined ? [] : summaryMessages(summary)),
      ...turns.slice(index).flatMap(({ user, assistant, thinking }): ChatMessage[] => [
        { role: 'user', text: user },
        { role: 'assistant', text: assistant, ...(thinking !== undefined && { thinking }) },
      ]),
      ...(newest ? [{ role: 'user' as const, text: newest.text }] : []),
    ],
  };
}

/** @throws {ModelError} `Model.ContextOverflow` if persona, summary and message alone do not fit */
export async function fitPrompt(
  model: LanguageModel,
  conversation: Conversation,
  options: {
    readonly message: { readonly text: string };
    readonly turn: number;
    readonly contextFromTurn: number;
    readonly maxOutputTokens: number;
    /** As in `Prompt`. */
    readonly thinks?: boolean | undefined;
    /** Results of the tools called in this turn. */
    readonly calls?: readonly ToolCall[];
    /** Whether to leave room for the question which tool to call. */
    readonly asksForTool?: boolean;
  },
): Promise<PromptWindow> {
  const { message, turn, contextFromTurn, maxOutputTokens, thinks, calls = [], asksForTool = false } = options;
  const { turns, tools = [] } = conversation;
  const promptWith = asksForTool ? decisionPrompt : promptWithTools;
  const wholeFrom = (index: number): ChatPrompt =>
    tools.length === 0
      ? promptFrom(conversation, index, message, thinks)
      : promptWith(promptFrom(conversation, index, message, thinks), tools, calls);
  const budgetTokens = promptBudget(model.contextTokens, maxOutputTokens);
  const firstIndex = turns.findIndex((each) => each.turn >= contextFromTurn);
  const chosen = await chooseFirstTurn({
    turnCount: turns.length,
    fromIndex: firstIndex === -1 ? turns.length : firstIndex,
    budgetTokens,
    countFrom: (index) => model.countPromptTokens(wholeFrom(index)),
  });
  if (chosen === undefined) {
    const promptTokens = await model.countPromptTokens(wholeFrom(turns.length));
    throw new ModelError(
      'Model.ContextOverflow',
      `The persona and the message take ${promptTokens} tokens; "${model.modelId}" has room for ${budgetTokens} beside the answer. ` +
        'Shorten the message, or use a model with a larger context window.',
      { details: { promptTokens, budgetTokens, contextTokens: model.contextTokens } },
    );
  }
  return {
    prompt: wholeFrom(chosen.index),
    bare: promptFrom(conversation, chosen.index, message, thinks),
    fromTurn: turns[chosen.index]?.turn ?? turn,
    promptTokens: chosen.promptTokens,
  };
}

/** Drops the turns before this one, because no later prompt contains them. */
export function dropBefore(conversation: Conversation, fromTurn: number): Conversation {
  const index = conversation.turns.findIndex(({ turn }) => turn >= fromTurn);
  const dropped = index < 0 ? conversation.turns : conversation.turns.slice(0, index);
  return {
    ...conversation,
    turns: conversation.turns.slice(dropped.length),
    hashBefore: hashTurns(conversation.hashBefore, dropped),
  };
}
