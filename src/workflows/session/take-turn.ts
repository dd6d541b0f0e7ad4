import { CancellationScope, log } from '@temporalio/workflow';
import { answerSourcesOf, wantsSources } from '../../domain/answer/answer-sources.js';
import type { AnswerSources } from '../../domain/answer/answer-sources.js';
import { toolLimitsOf } from '../../domain/session/approval.js';
import { NO_USAGE, addUsage } from '../../domain/session/conversation.js';
import type { Turn } from '../../domain/session/conversation.js';
import type { GenerateInput, GenerateOutput } from '../../domain/session/generation.js';
import { heldTurn, nextOpenTurn, recordAnswer, recordFailure, recordToolCall } from '../../domain/session/session.js';
import { isWindowFull } from '../../domain/session/summary.js';
import { excerpt } from '../../domain/text.js';
import { turnRequest } from '../../domain/session/turn-request.js';
import { answerFromSources } from '../answer/answer-from-sources.js';
import type { SourcedOutput } from '../answer/answer-from-sources.js';
import { TURN_CANCELLED, generateAnswer, toTurnFailure } from '../answer/answer-turn.js';
import { callTools, decideTurn, describe } from '../answer/call-tools.js';
import type { ToolTurn } from '../answer/call-tools.js';
import { answerByPanel } from './panel-turn.js';
import type { PanelTurnOutput } from './panel-turn.js';
import { now } from './session-run.js';
import type { SessionRun } from './session-run.js';

/** The result of a turn, from a model or a panel. */
interface WrittenTurn extends PanelTurnOutput {
  readonly sources?: AnswerSources;
}

/** Answers an open turn. A turn that fails or is stopped is recorded as such, and the session continues. */
export async function takeTurn(run: SessionRun, turn: Turn): Promise<void> {
  const { modelId } = run.state.settings;
  const scope = new CancellationScope();
  const startedAt = Date.now();
  try {
    const output = await scope.run(async () => {
      run.running = { turn, scope, state: run.state };
      run.show();
      return writeAnswer(run, turn, { scope, startedAt });
    });
    record(run, turn, output);
  } catch (error) {
    const failure = scope.consideredCancelled ? TURN_CANCELLED : toTurnFailure(error, modelId);
    log.warn('Turn failed', { turn: turn.turn, type: failure.type, reason: failure.message });
    run.state = recordFailure(run.state, turn.turn, failure);
  } finally {
    run.running = undefined;
    run.show();
  }
}

async function writeAnswer(
  run: SessionRun,
  turn: Turn,
  { scope, startedAt }: { readonly scope: CancellationScope; readonly startedAt: number },
): Promise<WrittenTurn> {
  const { sessionId } = run;
  const { userId = sessionId, tools: toolNames = [], panel, sources } = run.state.settings;
  if (panel) return answerByPanel(sessionId, run.state, panel, turn);
  if (toolNames.length > 0 && run.state.tools === undefined) {
    run.state = { ...run.state, tools: await describe(toolNames), preambleChanged: true };
  }
  const request = turnRequest(sessionId, run.state, turn, startedAt);
  run.running = { turn, scope, state: run.state, preambleHash: request.preambleHash };
  const { tools = [] } = run.state;
  const spent = tools.length === 0 ? NO_USAGE : await callTools(tools, toolTurn(run, turn, request));
  const callCount = heldTurn(run.state, turn.turn)?.toolCalls?.length ?? 0;
  const asked = callCount === 0 ? request : { ...request, callCount };
  const dispatch = {
    summary: `Turn ${turn.turn}: ${excerpt(turn.text, 120)}`,
    workerQueue: run.state.workerQueue,
    userId,
  };
  const written: GenerateOutput & Partial<SourcedOutput> = wantsSources(sources)
    ? await answerFromSources(asked, sources, dispatch, (step, about) => run.showStep(step, about))
    : await generateAnswer(asked, dispatch);
  const { answer: drawn, keywords = [] } = written;
  return {
    ...written,
    usage: addUsage(spent, written.usage),
    maxOutputTokens: request.maxOutputTokens,
    sources: drawn && answerSourcesOf(drawn, keywords),
  };
}

function record(run: SessionRun, turn: Turn, output: WrittenTurn): void {
  const { text, thinking, finishReason, usage, context, workerQueue, modelId, maxOutputTokens, sources } = output;
  if (text === '' && finishReason === 'cancelled') {
    const partial = thinking === undefined ? {} : { partial: { text, thinking } };
    run.state = recordFailure(run.state, turn.turn, { ...TURN_CANCELLED, ...partial });
    return;
  }
  const written = {
    text,
    ...(thinking !== undefined && { thinking }),
    finishReason,
    usage,
    modelId,
    answeredAt: now(),
    ...(sources && { sources }),
  };
  run.state = recordAnswer(run.state, turn.turn, written, { fromTurn: context.fromTurn, workerQueue });
  const isLast = nextOpenTurn(run.state) === undefined && turn.turn === run.state.head;
  if (run.hasUpkeep && isLast && isWindowFull(output, maxOutputTokens)) run.upkeep.summarise();
}

function toolTurn(run: SessionRun, turn: Turn, request: GenerateInput): ToolTurn {
  const { settings } = run.state;
  const { userId = run.sessionId } = settings;
  return {
    sessionId: run.sessionId,
    turn: turn.turn,
    limits: toolLimitsOf(settings),
    decideNext: async (callCount) => {
      const { workerQueue: held } = run.state;
      const summary = `Turn ${turn.turn}: which tool?`;
      const output = await decideTurn({ ...request, callCount }, { summary, workerQueue: held, userId });
      const { workerQueue } = output;
      if (workerQueue !== undefined) run.state = { ...run.state, workerQueue };
      return output;
    },
    record: (call) => {
      run.state = recordToolCall(run.state, turn.turn, call);
      run.show();
    },
    approvalOf: (callId) => run.approvals.get(callId),
    now,
  };
}
