import { ApplicationFailure, ChildWorkflowFailure, executeChild } from '@temporalio/workflow';
import type { Turn } from '../../domain/session/conversation.js';
import type { GenerateOutput } from '../../domain/session/generation.js';
import { panelWorkflowId } from '../../domain/panel/panel-id.js';
import { silenceOf, turnAnswer, turnPanel } from '../../domain/panel/session-panel.js';
import type { SessionPanel } from '../../domain/panel/panel.js';
import type { SessionState } from '../../domain/session/session.js';
import { excerpt } from '../../domain/text.js';
import { panelWorkflow } from '../panel/panel.js';

/** Like the result of `generateAnswer`, with room for the answer. */
export interface PanelTurnOutput extends Omit<GenerateOutput, 'tokensPerSecond' | 'firstTokenMs'> {
  readonly maxOutputTokens: number;
}

/** Lets a panel answer a turn. The panel's own workflow shows its questions. Stopping the turn stops the panel. */
export async function answerByPanel(
  sessionId: string,
  state: SessionState,
  panel: SessionPanel,
  turn: Turn,
): Promise<PanelTurnOutput> {
  const input = turnPanel(sessionId, state, panel, turn);
  const { panelId, experts, way = 'coordinator' } = input;
  const names = experts.map(({ name }) => name);
  try {
    const result = await executeChild(panelWorkflow, {
      workflowId: panelWorkflowId(panelId),
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      parentClosePolicy: 'REQUEST_CANCEL',
      memo: { task: excerpt(turn.text, 200), way, experts: names },
      staticSummary: `Turn ${turn.turn}: ${excerpt(turn.text, 120)}`,
      staticDetails: `By way of ${way}, with ${names.join(', ')}, for session ${sessionId}`,
      args: [input],
    });
    if (result.outcome === 'no-answers') throw ApplicationFailure.nonRetryable(silenceOf(result), 'Model.Unavailable');
    return {
      ...turnAnswer(result),
      usage: result.usage,
      modelId: input.modelId,
      // The session's own context window was not used.
      context: { fromTurn: state.contextFromTurn, promptTokens: 0, contextTokens: Number.MAX_SAFE_INTEGER },
      maxOutputTokens: 0,
    };
  } catch (error) {
    // The panel's own report of its end.
    throw error instanceof ChildWorkflowFailure && error.cause instanceof ApplicationFailure ? error.cause : error;
  }
}
