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

/** What a session that was ended leaves. */
export interface ChatSessionResult {
  readonly sessionId: string;
  readonly turnCount: number;
  readonly usage: Usage;
}

/** Some hundred turns: a worker that takes the session over reads so much, and no more. */
const MAX_HISTORY_LENGTH = 1_200;
/** How much longer a run may become while something is under way that should end in it. */
const PATIENCE = 1.4;
/** A state beyond this is not handed to the next run: the server's limit is 2 MiB. It gets here only while the archive is away. */
const MAX_CARRIED_BYTES = 1_500_000;

/**
 * One conversation. Owns its transcript; takes turns one by one, in the order in which messages came; runs until it is ended.
 * A failed turn ends the turn, not the session. See `session-messages.ts` for what can be said to it.
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

/** Until the session is ended, or goes on in another run. */
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
  // The current version of the workers is another one: the next run goes over to it.
  return continueAsNewSuggested || targetWorkerDeploymentVersionChanged || historyLength > maxHistoryLengthOf(run);
}

/** Turns that were signalled may wait meanwhile: they are part of the state. A waiting update is not: it is answered first. */
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

/** A session pinned to a version of the workers goes over to the current one here, where nothing is under way. */
const continueSession = makeContinueAsNewFunc<typeof chatSessionWorkflow>({
  initialVersioningBehavior: 'AUTO_UPGRADE',
});
