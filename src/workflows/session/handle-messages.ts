import { ApplicationFailure, condition, log, setHandler, upsertMemo } from '@temporalio/workflow';
import { refusalOfApproval } from '../../domain/session/approval.js';
import type { Turn } from '../../domain/session/conversation.js';
import {
  acceptAlternative,
  acceptMessage,
  changeSettings,
  heldTurn,
  selectBranch,
  turnOfMessage,
} from '../../domain/session/session.js';
import { holdTurn, variedDecoding } from '../../domain/session/session-branches.js';
import { titleOf } from '../../domain/session/session-details.js';
import {
  SESSION_ENDED,
  refusalOf,
  refusalOfAlternative,
  refusalOfTurnNumber,
} from '../../domain/session/session-rules.js';
import type { Refusal } from '../../domain/session/session-rules.js';
import { waitingCalls } from '../../domain/session/session-status.js';
import { conversationPage, transcriptPage, turnsPage } from '../../domain/session/transcript.js';
import {
  cancelTurnSignal,
  changeSettingsUpdate,
  editTurnUpdate,
  endSessionSignal,
  getConversationQuery,
  getStatusQuery,
  getToolCallsQuery,
  getTranscriptQuery,
  getTurnsQuery,
  regenerateTurnUpdate,
  renameSessionUpdate,
  resolveApprovalUpdate,
  selectBranchUpdate,
  sendMessageUpdate,
  userTurnSignal,
} from './session-messages.js';
import type { OutgoingMessage, RegenerateRequest, SendMessageResult } from './session-messages.js';
import { now } from './session-run.js';
import type { SessionRun } from './session-run.js';

/** Handles the messages to a running session. */
export function handleSessionMessages(run: SessionRun): void {
  handleTurns(run);
  handleBranches(run);
  handleSettings(run);
  handleApprovals(run);
  setHandler(cancelTurnSignal, (request) => run.cancelTurn(request?.messageId), {
    description: 'Stop the running turn',
  });
  setHandler(endSessionSignal, () => void (run.ended = true), { description: 'End the session after the open turns' });
  handleQueries(run);
}

/** New messages. */
function handleTurns(run: SessionRun): void {
  setHandler(
    sendMessageUpdate,
    async (message) => {
      if (!run.isReady) await condition(() => run.isReady);
      accept(run, message);
      return answerTo(run, message.messageId);
    },
    {
      validator: (message) => refuse(refusalOf(run.state, message, run.ended)),
      description: 'Send a message and wait for the answer',
    },
  );
  setHandler(
    userTurnSignal,
    async (message) => {
      if (!run.isReady) await condition(() => run.isReady);
      const refusal = refusalOf(run.state, message, run.ended);
      if (refusal) log.warn('Message refused', { type: refusal.type, reason: refusal.message });
      else accept(run, message);
    },
    { description: 'Send a message without waiting' },
  );
}

/** Alternative answers and messages, and the choice of the current branch. */
function handleBranches(run: SessionRun): void {
  setHandler(
    regenerateTurnUpdate,
    async (request) => {
      if (!run.isKnown(request.messageId)) await regenerate(run, request);
      return answerTo(run, request.messageId);
    },
    {
      validator: (request) =>
        refuse(refusalOfAlternative(run.state, { ...request, turn: request.turn ?? run.state.head }, run.ended)),
      description: 'Answer a message again, on a branch of its own',
    },
  );
  setHandler(
    editTurnUpdate,
    async ({ turn, messageId, text }) => {
      if (!run.isKnown(messageId)) {
        const beside = await run.turnOf(turn);
        run.state = acceptAlternative(run.state, beside, { messageId, text }, now());
      }
      return answerTo(run, messageId);
    },
    {
      validator: (request) => refuse(refusalOfAlternative(run.state, request, run.ended)),
      description: 'Replace the text of a message, on a branch of its own',
    },
  );
  setHandler(
    selectBranchUpdate,
    async ({ turn }) => {
      // The next turn needs the turns before it.
      const chosen = await run.turnOf(turn);
      run.state = selectBranch(holdTurn(run.state, chosen), turn);
      return shown(run);
    },
    {
      validator: ({ turn }) => refuse(refusalOfTurnNumber(run.state, turn)),
      description: 'Continue from another turn',
    },
  );
}

function handleSettings(run: SessionRun): void {
  setHandler(
    changeSettingsUpdate,
    (change) => {
      run.state = changeSettings(run.state, change);
      upsertMemo({ modelId: run.state.settings.modelId });
      run.show();
      return run.state.settings;
    },
    {
      validator: (_change) => refuse(run.ended ? SESSION_ENDED : undefined),
      description: 'Change model, persona and other settings from the next turn on',
    },
  );
  setHandler(
    renameSessionUpdate,
    ({ title }) => {
      run.setTitle(title);
      return shown(run);
    },
    {
      // The schema is checked only if there is a validator.
      validator: (_request) => undefined,
      description: 'Give the session a title',
    },
  );
}

function handleApprovals(run: SessionRun): void {
  setHandler(
    resolveApprovalUpdate,
    (decision) => {
      run.approvals.set(decision.callId, decision);
      return shown(run);
    },
    {
      validator: ({ callId }) => {
        const waiting = waitingCalls(run.state, run.running?.turn).map((call) => call.callId);
        refuse(
          refusalOfApproval(
            callId,
            waiting.filter((id) => !run.approvals.has(id)),
          ),
        );
      },
      description: 'Allow or refuse a tool call that waits for approval',
    },
  );
}

function handleQueries(run: SessionRun): void {
  setHandler(getTranscriptQuery, (request) => transcriptPage(run.state, request ?? undefined), {
    description: 'Who said what',
  });
  setHandler(getTurnsQuery, (request) => turnsPage(run.state, request), { description: 'For the archive' });
  setHandler(
    getConversationQuery,
    (request) => {
      const { running } = run;
      // Changes since the beginning of the running turn take effect with the next one.
      const asOf = running !== undefined && request.preambleHash === running.preambleHash ? running : run;
      return conversationPage(asOf.state, request);
    },
    { description: 'For workers' },
  );
  setHandler(getToolCallsQuery, ({ turn }) => heldTurn(run.state, turn)?.toolCalls ?? [], {
    description: 'For workers',
  });
  setHandler(getStatusQuery, () => run.status(), { description: 'State, counts and settings' });
}

function accept(run: SessionRun, { messageId, text, steer = false }: OutgoingMessage): void {
  if (run.isKnown(messageId)) return;
  const isFirst = run.state.turnCount === 0;
  run.state = acceptMessage(run.state, { messageId, text }, now());
  if (isFirst) run.setTitle(titleOf(text));
  if (steer) run.cancelTurn(undefined);
}

async function regenerate(run: SessionRun, { messageId, turn = run.state.head }: RegenerateRequest): Promise<void> {
  const beside = await run.turnOf(turn);
  const decoding = variedDecoding(run.state);
  run.state = acceptAlternative(run.state, beside, { messageId, text: beside.text, decoding }, now());
}

/**
 * The completion of an update is a command, which in recorded histories comes before the next commands of the session. One more promise here would
 * change that order.
 */
async function answerTo(run: SessionRun, messageId: string): Promise<SendMessageResult> {
  const waiting = run.waiters.waitFor(messageId);
  if (waiting !== undefined) await waiting;
  const turn = turnOfMessage(run.state, messageId);
  if (turn === undefined) return toResult(run.sessionId, undefined);
  return toResult(run.sessionId, heldTurn(run.state, turn) ?? (await run.turnOf(turn)));
}

function shown(run: SessionRun): ReturnType<SessionRun['status']> {
  run.show();
  return run.status();
}

function refuse(refusal: Refusal | undefined): void {
  if (refusal) throw ApplicationFailure.create({ ...refusal, nonRetryable: true });
}

function toResult(sessionId: string, turn: Turn | undefined): SendMessageResult {
  if (turn?.failure) {
    const { type, message, partial } = turn.failure;
    throw ApplicationFailure.create({ type, message, nonRetryable: true, ...(partial && { details: [partial] }) });
  }
  // No state leads here. A plain Error would block the workflow task until the code is fixed.
  if (!turn?.answer)
    throw ApplicationFailure.nonRetryable('The turn has neither answer nor failure.', 'InvalidRequest');
  const { text, thinking, finishReason, modelId, usage, sources } = turn.answer;
  const written = { text, ...(thinking !== undefined && { thinking }), finishReason, modelId, usage };
  const answer = { ...written, ...(sources && { sources }) };
  return { sessionId, turn: turn.turn, messageId: turn.messageId, ...answer };
}
