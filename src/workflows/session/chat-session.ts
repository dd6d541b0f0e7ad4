import {
  CancellationScope,
  allHandlersFinished,
  condition,
  isCancellation,
  makeContinueAsNewFunc,
  workflowInfo,
} from '@temporalio/workflow';
import { carriedBytes, carrySession } from '../../domain/session/carry-session.js';
import type { Usage } from '../../domain/session/conversation.js';
import { nextOpenTurn } from '../../domain/session/session.js';
import { forkSession } from './fork-session.js';
import { handleSessionMessages } from './handle-messages.js';
import { SessionRun } from './session-run.js';
import type { ChatSessionInput } from './session-run.js';
import { takeTurn } from './take-turn.js';

/** Result of a session that was ended. */
export interface ChatSessionResult {
  readonly sessionId: string;
  readonly turnCount: number;
  readonly usage: Usage;
}

/** About a hundred turns, which bounds what a worker has to replay when it takes over a session. */
const MAX_HISTORY_LENGTH = 1_200;
/** Extra length of a run while work is in progress that should end in it. */
const PATIENCE = 1.4;
/** A larger state is not handed to the next run, because the server's limit is 2 MiB. It gets that large only while the archive is down. */
const MAX_CARRIED_BYTES = 1_500_000;

/**
 * Runs one conversation and owns its transcript. Answers messages one after the other in the order of their arrival, until it is ended. A failed turn
 * does not end the session. `session-messages.ts` defines its messages.
 */
export async function chatSessionWorkflow(input: ChatSessionInput): Promise<ChatSessionResult> {
  const run = new SessionRun(input);
  handleSessionMessages(run);
  try {
    if (!run.isReady && input.forkOf !== undefined) await forkSession(run, input.forkOf);
    run.show();
    await takeTurns(run);
  } catch (error) {
    if (isCancellation(error)) await closeCancelled(run);
    throw error;
  }
  await condition(allHandlersFinished);
  run.show();
  run.upkeep.cancel();
  if (run.hasUpkeep) await run.upkeep.archiveRest();
  const { turnCount, usage } = run.state;
  return { sessionId: run.sessionId, turnCount, usage };
}

/** Runs until the session is ended, or continues in another run. */
async function takeTurns(run: SessionRun): Promise<void> {
  for (;;) {
    await condition(() => nextOpenTurn(run.state) !== undefined || run.ended || canContinueAsNew(run));
    const turn = nextOpenTurn(run.state);
    if (turn !== undefined) {
      await takeTurn(run, turn);
      if (run.hasUpkeep) run.upkeep.archive();
    } else if (run.ended) {
      return;
    }
    if (canContinueAsNew(run)) await continueAsNew(run);
    else if (run.hasUpkeep && isLong(run)) run.upkeep.archive({ all: true });
  }
}

async function closeCancelled(run: SessionRun): Promise<void> {
  run.ended = true;
  run.failOpenTurns({ type: 'SessionClosed', message: 'The session was cancelled.' });
  await CancellationScope.nonCancellable(async () => {
    await condition(allHandlersFinished);
    await run.upkeep.archiveRest();
  });
  run.show();
}

function isLong(run: SessionRun): boolean {
  const { continueAsNewSuggested, historyLength, targetWorkerDeploymentVersionChanged } = workflowInfo();
  // The current version of the workers is a different one; the next run moves to it.
  return continueAsNewSuggested || targetWorkerDeploymentVersionChanged || historyLength > maxHistoryLengthOf(run);
}

/** Signalled turns that wait are part of the state and may wait longer. A waiting update is not, so it is answered first. */
function canContinueAsNew(run: SessionRun): boolean {
  if (!isLong(run) || run.ended || !allHandlersFinished()) return false;
  if (run.upkeep.isBusy() && workflowInfo().historyLength < maxHistoryLengthOf(run) * PATIENCE) return false;
  return carriedBytes(carrySession(run.state)) < MAX_CARRIED_BYTES;
}

function maxHistoryLengthOf({ input, hasUpkeep }: SessionRun): number {
  return input.maxHistoryLength ?? (hasUpkeep ? MAX_HISTORY_LENGTH : Number.POSITIVE_INFINITY);
}

async function continueAsNew({ input, state, upkeep }: SessionRun): Promise<never> {
  upkeep.cancel();
  return continueSession({ ...input, settings: state.settings, carried: carrySession(state) });
}

/** Moves a session that is pinned to a version of the workers to the current version, while no work is in progress. */
const continueSession = makeContinueAsNewFunc<typeof chatSessionWorkflow>({
  initialVersioningBehavior: 'AUTO_UPGRADE',
});
