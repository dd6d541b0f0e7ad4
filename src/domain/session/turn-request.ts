import { EMPTY_HASH, hashPreamble } from '../conversation-hash.js';
import type { Turn } from './conversation.js';
import type { GenerateInput } from './generation.js';
import { hashAfter } from './session.js';
import type { SessionState } from './session.js';
import { DEFAULT_MAX_OUTPUT_TOKENS } from './session-settings.js';

/**
 * Request to a worker for a turn, from the current state of the session: new content, and digests of the rest.
 *
 * @param startedAt milliseconds since 1970 by the workflow's clock: when the turn began
 */
export function turnRequest(sessionId: string, session: SessionState, turn: Turn, startedAt: number): GenerateInput {
  const { settings, tools, contextFromTurn, summary, preambleChanged = false } = session;
  const { modelId, persona, decoding, thinking, maxOutputTokens = DEFAULT_MAX_OUTPUT_TOKENS, budget = {} } = settings;
  const pathHash = turn.hashBefore ?? hashAfter(session, turn.parent);
  return {
    sessionId,
    modelId,
    turn: turn.turn,
    message: { messageId: turn.messageId, text: turn.text },
    head: turn.parent,
    contextFromTurn,
    pathHash,
    preambleHash: hashPreamble({ persona, tools, summary: summary?.text }),
    ...((pathHash === EMPTY_HASH || preambleChanged) && { persona }),
    maxOutputTokens: Math.min(maxOutputTokens, budget.turnTokens ?? maxOutputTokens),
    decoding: turn.decoding ?? decoding,
    ...(thinking && { thinking }),
    ...(budget.turnSeconds !== undefined && {
      deadline: new Date(startedAt + budget.turnSeconds * 1000).toISOString(),
    }),
  };
}
