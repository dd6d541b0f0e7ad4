import { isOpen } from './conversation.js';
import { escapeMarkdown } from '../escape-markdown.js';
import { heldPath } from './session.js';
import { describeSources } from '../answer/answer-sources.js';
import type { SessionState } from './session.js';
import type { SessionActivity } from './session-status.js';
import { excerpt } from '../text.js';

const EXCERPT_LENGTH = 300;
const MAX_TITLE_LENGTH = 80;

/** A session's title, from its first message or from a given name: one line of at most 80 characters. */
export function titleOf(text: string): string {
  return excerpt(text, MAX_TITLE_LENGTH);
}

/**
 * Details of a session for the Temporal UI, in Markdown: state, counts, and the newest messages.
 *
 * @param step current step of the running turn
 */
export function sessionDetails(state: SessionState, activity: SessionActivity, step?: string): string {
  const { settings, usage, turnCount, failedTurns } = state;
  const open = state.turns.filter(isOpen).length;
  const lines = [
    `**${headline(activity, open)}**${step === undefined ? '' : `: ${quote(step)}`}`,
    '',
    `- Model: ${escapeMarkdown(settings.modelId)}`,
    `- Turns: ${turnCount - failedTurns - open} answered, ${failedTurns} failed, ${open} open`,
    `- Tokens: ${usage.inputTokens} read (${usage.cachedInputTokens} of them cached), ${usage.outputTokens} written`,
  ];
  if (state.contextFromTurn > 1) {
    const until = state.contextFromTurn - 1;
    lines.push(
      '',
      state.summary === undefined
        ? `Turns up to ${until} no longer fit the context window and are not in the prompt.`
        : `Turns up to ${until} no longer fit the context window. The prompt has a summary of the turns up to ${state.summary.throughTurn}: ` +
            quote(state.summary.text),
    );
  }
  if (Object.keys(state.branchPoints).length > 0) {
    lines.push('', `The transcript has branches; the current one ends with turn ${state.head}.`);
  }
  for (const turn of heldPath(state, state.head).turns.slice(-2)) {
    lines.push('', `**User**, turn ${turn.turn}: ${quote(turn.text)}`);
    for (const call of turn.toolCalls ?? []) {
      const outcome = call.result ?? call.error ?? call.reason;
      const args = quote(JSON.stringify(call.arguments));
      lines.push(
        '',
        `**Tool** ${escapeMarkdown(call.tool)} (${call.state}, ${call.callId}): ${args}${outcome === undefined ? '' : ` → ${quote(outcome)}`}`,
      );
    }
    if (turn.answer) lines.push('', `**Assistant** (${turn.answer.finishReason}): ${quote(turn.answer.text)}`);
    const { sources } = turn.answer ?? {};
    if (sources) lines.push('', `**Sources**: ${quote(describeSources(sources))}`);
    const { partial } = turn.failure ?? {};
    if (partial?.text) lines.push('', `**Assistant** (broken off): ${quote(partial.text)}`);
    if (turn.failure) lines.push('', `**Failed** (${turn.failure.type}): ${quote(turn.failure.message)}`);
  }
  return lines.join('\n');
}

function headline(activity: SessionActivity, open: number): string {
  switch (activity) {
    case 'waiting':
      return 'Waiting for the user';
    case 'answering':
      return open > 1 ? `Answering, ${open - 1} more waiting` : 'Answering';
    case 'awaiting-approval':
      return 'Waiting for approval of a tool call';
    case 'ended':
      return 'Ended';
  }
}

function quote(text: string): string {
  return escapeMarkdown(excerpt(text, EXCERPT_LENGTH));
}
