import type { Decoding } from '../decoding.js';
import type { FinishReason, Turn } from '../session/conversation.js';
import { heldPath } from '../session/session.js';
import type { SessionState } from '../session/session.js';
import { MAX_MESSAGE_BYTES } from '../session/user-message.js';
import { excerpt, utf8Length } from '../text.js';
import { tokensOf } from './panel.js';
import type { PanelInput, PanelLimits, SessionPanel } from './panel.js';
import type { PanelOutcome, PanelResult } from './result.js';

/** Number of earlier turns that a panel is told along with a message. */
const TOLD_TURNS = 4;
const TOLD_CHARACTERS = 600;

/** Always the same id for a turn, so that a turn is never given to two panels. */
export function turnPanelId(sessionId: string, turn: number): string {
  return `${sessionId}.turn-${turn}`;
}

/** Input for the panel of a turn. */
export function turnPanel(sessionId: string, state: SessionState, panel: SessionPanel, turn: Turn): PanelInput {
  const { modelId, userId = sessionId, maxToolCalls, approvalSeconds } = state.settings;
  const { coordinator, ...rest } = panel;
  const varied: Decoding | undefined = turn.decoding && { ...coordinator?.decoding, ...turn.decoding };
  return {
    ...(maxToolCalls !== undefined && { maxToolCalls }),
    ...(approvalSeconds !== undefined && { approvalSeconds }),
    ...rest,
    ...((coordinator ?? varied) && { coordinator: { ...coordinator, ...(varied && { decoding: varied }) } }),
    panelId: turnPanelId(sessionId, turn.turn),
    task: turnTask(state, turn),
    modelId,
    userId,
    limits: turnLimits(state, panel),
  };
}

/** The message, preceded by the newest turns before it. */
export function turnTask(state: SessionState, { parent, text }: Turn): string {
  const answered = heldPath(state, parent).turns.filter(({ answer }) => answer !== undefined);
  const said = answered
    .slice(-TOLD_TURNS)
    .flatMap((turn) => [
      `| User: ${excerpt(turn.text, TOLD_CHARACTERS)}`,
      `| Answer: ${excerpt(turn.answer?.text ?? '', TOLD_CHARACTERS)}`,
    ]);
  if (said.length === 0) return text;
  const task = `What was said before:\n${said.join('\n')}\n\nThe user now says:\n${text}`;
  return utf8Length(task) <= MAX_MESSAGE_BYTES ? task : text;
}

/** The panel's own limits, or the rest of the session's budget if that is less. */
function turnLimits({ settings, usage }: SessionState, { limits = {} }: SessionPanel): PanelLimits {
  const { turnSeconds, sessionTokens } = settings.budget ?? {};
  const left = sessionTokens === undefined ? undefined : Math.max(1, sessionTokens - tokensOf(usage));
  const deadlineSeconds = least(limits.deadlineSeconds, turnSeconds);
  const tokenBudget = least(limits.tokenBudget, left);
  return {
    ...limits,
    ...(deadlineSeconds !== undefined && { deadlineSeconds }),
    ...(tokenBudget !== undefined && { tokenBudget }),
  };
}

function least(...values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

const FINISH_REASONS: Readonly<Record<PanelOutcome, FinishReason>> = {
  complete: 'stop',
  deadline: 'deadline',
  budget: 'length',
  cancelled: 'cancelled',
  'no-answers': 'stop',
};

/** The result as the answer of a turn: the conclusion, or the contributions if there is no conclusion. */
export function turnAnswer({ conclusion, contributions, outcome }: PanelResult): {
  readonly text: string;
  readonly finishReason: FinishReason;
} {
  const said = contributions.map(({ expert, text }) => `**${expert}**: ${text}`).join('\n\n');
  return { text: conclusion === '' ? said : conclusion, finishReason: FINISH_REASONS[outcome] };
}

/** Why no expert answered, on one line. */
export function silenceOf({ panelId, absent }: PanelResult): string {
  const [first] = absent;
  const why = first === undefined ? '' : ` ${first.expert}: ${excerpt(first.reason, 300)}`;
  return `No expert of panel "${panelId}" answered.${why}`;
}
