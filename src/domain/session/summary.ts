import type { ChatTurn } from './context-window.js';
import type { Usage } from './conversation.js';
import type { ConversationReference, GenerateOutput } from './generation.js';

/** Input of the `summarise` activity. */
export interface SummariseInput extends ConversationReference {
  /** Maximum tokens of later answers, for which there must be room. */
  readonly maxOutputTokens: number;
}

export interface SummariseOutput {
  /** Missing when nothing needs to be summarised. */
  readonly summary?: { readonly text: string; readonly throughTurn: number };
  readonly usage: Usage;
  readonly workerQueue?: string;
}

/** Share of the window from which its oldest turns are summarised. This happens between turns, so that no answer waits for it. */
const FULL_SHARE = 0.75;
/** Maximum share of the window after a summary, so that summaries are rare and the engine's cache is mostly kept. */
const TARGET_SHARE = 0.45;
/** Tokens of a summary with the words around it. */
export const SUMMARY_TOKENS = 192;

/** Whether the prompt of the next turn would be so long that its oldest turns should be summarised now. */
export function isWindowFull({ context, usage }: Pick<GenerateOutput, 'context' | 'usage'>, maxOutputTokens: number) {
  const budget = promptBudget(context.contextTokens, maxOutputTokens);
  return context.promptTokens + usage.outputTokens > budget * FULL_SHARE;
}

/** Tokens that a prompt may take: those that the answer leaves, and at least half of the window. */
export function promptBudget(contextTokens: number, maxOutputTokens: number): number {
  return contextTokens - Math.min(maxOutputTokens, contextTokens >> 1);
}

/**
 * How many of the oldest turns of a prompt to summarise, so that the remaining prompt with the summary takes at most 45% of the budget; 0
 * if all turns stay. The newest turn always stays.
 *
 * @param turnTokens tokens of each turn, oldest first
 * @param fixedTokens tokens of the persona and everything else that stays
 */
export function turnsToSummarise(turnTokens: readonly number[], fixedTokens: number, budgetTokens: number): number {
  let used = fixedTokens + SUMMARY_TOKENS;
  let kept = 0;
  for (const tokens of turnTokens.toReversed()) {
    used += tokens;
    if (kept > 0 && used > budgetTokens * TARGET_SHARE) break;
    kept++;
  }
  return turnTokens.length - kept;
}

/** The summary as part of the conversation, in the user role and never in the system role, because it contains users' words. */
export function summaryMessages(
  summary: string,
): readonly { readonly role: 'user' | 'assistant'; readonly text: string }[] {
  return [
    { role: 'user', text: `Before we go on, this is what we said so far, in short:\n${summary}` },
    { role: 'assistant', text: 'Thank you, I remember.' },
  ];
}

/** Request for a summary of these turns, which are data, not instructions. */
export function summaryRequest(earlier: string | undefined, turns: readonly ChatTurn[]) {
  const lines = turns.map(({ user, assistant }) => `User: ${user}\nAssistant: ${assistant}`);
  const before = earlier === undefined ? '' : `What was said before that, in short: ${earlier}\n\n`;
  return {
    persona:
      'You summarise conversations. Keep names, numbers, decisions and open questions. Write a few plain sentences about what was said.',
    text: `${before}The conversation:\n"""\n${lines.join('\n')}\n"""\n\nSummarise the conversation in at most five sentences.`,
  };
}
