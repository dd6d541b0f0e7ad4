import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  allHandlersFinished,
  condition,
  isCancellation,
  log,
  makeContinueAsNewFunc,
  patched,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { ArchiveActivities } from '../activities/archive.js';
import { answerSourcesOf, wantsSources } from '../domain/answer-sources.js';
import type { CopiedBranch, CopyBranchInput } from '../domain/archive.js';
import { carriedBytes, carrySession, resumeSession } from '../domain/carry-session.js';
import { NO_USAGE, addUsage, isOpen } from '../domain/conversation.js';
import type { Turn, TurnFailure, Usage } from '../domain/conversation.js';
import type { GenerateInput, GenerateOutput } from '../domain/generation.js';
import {
  acceptAlternative,
  acceptMessage,
  changeSettings,
  findTurn,
  heldTurn,
  newSession,
  nextOpenTurn,
  recordAnswer,
  recordFailure,
  recordToolCall,
  selectBranch,
  turnOfMessage,
} from '../domain/session.js';
import type { SessionState } from '../domain/session.js';
import { sessionDetails } from '../domain/session-details.js';
import { refusalOf, refusalOfAlternative, refusalOfTurnNumber } from '../domain/session-rules.js';
import type { Refusal } from '../domain/session-rules.js';
import { DEFAULT_APPROVAL_SECONDS, DEFAULT_MAX_TOOL_CALLS } from '../domain/session-settings.js';
import type { SessionSettings } from '../domain/session-settings.js';
import { sessionActivity, sessionAttributes, sessionStatus, waitingCalls } from '../domain/session-status.js';
import type { SessionStatus } from '../domain/session-status.js';
import { isWindowFull } from '../domain/summary.js';
import { ARCHIVE_TASK_QUEUE } from '../domain/task-queues.js';
import { excerpt } from '../domain/text.js';
import { conversationPage, transcriptPage, turnsPage } from '../domain/transcript.js';
import { turnRequest } from '../domain/turn-request.js';
import type { ApprovalDecision } from '../domain/tool-turn.js';
import { answerFromSources } from './answer-from-sources.js';
import type { SourcedOutput } from './answer-from-sources.js';
import { TURN_CANCELLED, generateAnswer, toTurnFailure } from './answer-turn.js';
import { callTools, decideTurn, describe } from './call-tools.js';
import type { ToolTurn } from './call-tools.js';
import { answerByPanel } from './panel-turn.js';
import { searchAttributePairs } from './search-attributes.js';
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
import { createSessionUpkeep } from './session-upkeep.js';
import type { SessionBox } from './session-upkeep.js';

export interface ChatSessionInput {
  readonly sessionId: string;
  readonly settings: SessionSettings;
  /** Begin with a branch of another session, up to this turn. It must be in the archive, or that session still be there. */
  readonly forkOf?: { readonly sessionId: string; readonly turn: number; readonly title?: string };
  /** Whether closed turns are handed to the archive. Default: true. Without it the session holds all its turns. */
  readonly archive?: boolean;
  /** Handed on by the run before, at continue-as-new. */
  readonly carried?: Parameters<typeof resumeSession>[0];
  /** Continue as new after so many events, also when the server does not suggest it yet. Default: `MAX_HISTORY_LENGTH`. */
  readonly maxHistoryLength?: number;
}

export interface ChatSessionResult {
  readonly sessionId: string;
  readonly turnCount: number;
  readonly usage: Usage;
}

interface RunningTurn {
  readonly turn: Turn;
  readonly scope: CancellationScope;
  /** As it was when the turn began. */
  readonly state: SessionState;
  /** Of what stands before the turns in its prompts. */
  readonly preambleHash?: string;
}

/** A box that says when another state is put into it. */
function watchedBox(state: SessionState, onChange: () => void): SessionBox {
  let current = state;
  return {
    get state() {
      return current;
    },
    set state(next) {
      current = next;
      onChange();
    },
  };
}

/** Some hundred turns: a worker that takes the session over reads so much, and no more. */
const MAX_HISTORY_LENGTH = 1_200;
/** How much longer a run may become while something is under way that should end in it. */
const PATIENCE = 1.4;
/** A state beyond this is not handed to the next run: the server's limit is 2 MiB. It gets here only while the archive is away. */
const MAX_CARRIED_BYTES = 1_500_000;
/** Of an answer that is written once more, where the session is greedy: the same text again would be of no use. */
const REGENERATED_TEMPERATURE = 0.8;

const { copyBranch, readArchivedTurns } = proxyActivities<ArchiveActivities>({
  taskQueue: ARCHIVE_TASK_QUEUE,
  startToCloseTimeout: '5 minutes',
  scheduleToCloseTimeout: '30 minutes',
  heartbeatTimeout: '30 seconds',
});

/**
 * One conversation. Owns its transcript; takes turns one by one, in the order in which messages came; runs until it is ended.
 * A failed turn ends the turn, not the session. See `session-messages.ts` for what can be said to it.
 */
export async function chatSessionWorkflow(input: ChatSessionInput): Promise<ChatSessionResult> {
  const { sessionId, settings, archive = true } = input;
  // Sessions of 0.1.0 go on as they were: without archive, summaries and a bound of their own.
  const keepsHouse = patched('archive-and-summary');
  const maxHistoryLength = input.maxHistoryLength ?? (keepsHouse ? MAX_HISTORY_LENGTH : Number.POSITIVE_INFINITY);
  const box = watchedBox(input.carried ? resumeSession(input.carried) : newSession(settings, now()), tellSenders);
  /** Of those who wait for an answer, by message. */
  const senders = new Map<string, () => void>();
  const upkeep = createSessionUpkeep(sessionId, box, { archives: archive && keepsHouse, onChange: showDetails });
  let isReady = input.forkOf === undefined || input.carried !== undefined;
  const approvals = new Map<string, ApprovalDecision>();
  let ended = false;
  let shownAttributes = '';
  let running: RunningTurn | undefined;

  setHandler(
    sendMessageUpdate,
    async (message) => {
      if (!isReady) await condition(() => isReady);
      accept(message);
      return answered(message.messageId);
    },
    {
      validator: (message) => refuse(refusalOf(box.state, message, ended)),
      description: 'Send a message and wait for the answer',
    },
  );
  setHandler(
    userTurnSignal,
    async (message) => {
      if (!isReady) await condition(() => isReady);
      const refusal = refusalOf(box.state, message, ended);
      if (refusal) log.warn('Message refused', { type: refusal.type, reason: refusal.message });
      else accept(message);
    },
    { description: 'Send a message without waiting' },
  );
  setHandler(
    regenerateTurnUpdate,
    async (request) => {
      if (!isKnown(request.messageId)) await regenerate(request);
      return answered(request.messageId);
    },
    {
      validator: (request) =>
        refuse(refusalOfAlternative(box.state, { ...request, turn: request.turn ?? box.state.head }, ended)),
      description: 'Answer a message once more, on a branch of its own',
    },
  );
  setHandler(
    editTurnUpdate,
    async ({ turn, messageId, text }) => {
      if (!isKnown(messageId)) {
        const beside = await turnOf(turn);
        box.state = acceptAlternative(box.state, beside, { messageId, text }, now());
      }
      return answered(messageId);
    },
    {
      validator: (request) => refuse(refusalOfAlternative(box.state, request, ended)),
      description: 'Put another text in the place of a message, on a branch of its own',
    },
  );
  setHandler(
    selectBranchUpdate,
    async ({ turn }) => {
      // What follows it needs to know what was said before.
      const chosen = await turnOf(turn);
      if (heldTurn(box.state, turn) === undefined) box.state = { ...box.state, turns: withTurn(chosen) };
      box.state = selectBranch(box.state, turn);
      showDetails();
      return status();
    },
    {
      validator: ({ turn }) => refuse(refusalOfTurnNumber(box.state, turn)),
      description: 'Go on from another turn',
    },
  );
  setHandler(
    changeSettingsUpdate,
    (change) => {
      box.state = changeSettings(box.state, change);
      upsertMemo({ modelId: box.state.settings.modelId });
      showDetails();
      return box.state.settings;
    },
    {
      validator: (_change) => refuse(ended ? CLOSED : undefined),
      description: 'Change model, persona and the like from the next turn on',
    },
  );
  setHandler(
    renameSessionUpdate,
    ({ title }) => {
      setTitle(title);
      showDetails();
      return status();
    },
    {
      // The schema is looked at only where there is a validator.
      validator: (_request) => undefined,
      description: 'Give the session a title',
    },
  );
  setHandler(
    resolveApprovalUpdate,
    (word) => {
      approvals.set(word.callId, word);
      showDetails();
      return status();
    },
    {
      validator: (word) => {
        const waiting = waitingCalls(box.state, running?.turn).map(({ callId }) => callId);
        if (!waiting.includes(word.callId) || approvals.has(word.callId)) {
          const known = waiting.length === 0 ? 'none waits' : `waiting: ${waiting.join(', ')}`;
          refuse({ type: 'InvalidRequest', message: `No call "${word.callId}" waits for approval; ${known}.` });
        }
      },
      description: 'Allow or refuse a call of a tool that waits for it',
    },
  );
  setHandler(cancelTurnSignal, (request) => cancelTurn(request?.messageId), { description: 'Stop the running turn' });
  setHandler(endSessionSignal, () => void (ended = true), { description: 'End the session after the open turns' });
  setHandler(getTranscriptQuery, (request) => transcriptPage(box.state, request ?? undefined), {
    description: 'Who said what',
  });
  setHandler(getTurnsQuery, (request) => turnsPage(box.state, request), { description: 'For the archive' });
  setHandler(
    getConversationQuery,
    (request) => {
      // What changed since the running turn began counts from the next one on.
      const asOf = running !== undefined && request.preambleHash === running.preambleHash ? running : box;
      return conversationPage(asOf.state, request);
    },
    { description: 'For workers' },
  );
  setHandler(getToolCallsQuery, ({ turn }) => heldTurn(box.state, turn)?.toolCalls ?? [], {
    description: 'For workers',
  });
  setHandler(getStatusQuery, status, { description: 'State, counts and settings' });

  try {
    if (!isReady) await fork();
    showDetails();
    for (;;) {
      await condition(() => nextOpenTurn(box.state) !== undefined || ended || canContinueAsNew());
      const turn = nextOpenTurn(box.state);
      if (turn !== undefined) {
        await answer(turn);
        if (keepsHouse) upkeep.archive();
      } else if (ended) {
        break;
      }
      if (canContinueAsNew()) await continueAsNew();
      else if (keepsHouse && isLong()) upkeep.archive({ all: true });
    }
  } catch (error) {
    if (!isCancellation(error)) throw error;
    ended = true;
    failOpenTurns({ type: 'SessionClosed', message: 'The session was cancelled.' });
    await CancellationScope.nonCancellable(async () => {
      await condition(allHandlersFinished);
      await upkeep.archiveRest();
    });
    showDetails();
    throw error;
  }
  await condition(allHandlersFinished);
  showDetails();
  upkeep.cancel();
  if (keepsHouse) await upkeep.archiveRest();
  return { sessionId, turnCount: box.state.turnCount, usage: box.state.usage };

  function accept(message: OutgoingMessage): void {
    if (isKnown(message.messageId)) return;
    const isFirst = box.state.turnCount === 0;
    const { messageId, text, steer = false } = message;
    box.state = acceptMessage(box.state, { messageId, text }, now());
    if (isFirst) setTitle(excerpt(text, 80));
    if (steer) cancelTurn(undefined);
  }

  async function regenerate({ messageId, turn = box.state.head }: RegenerateRequest): Promise<void> {
    const beside = await turnOf(turn);
    const { decoding = {} } = box.state.settings;
    const varied = {
      ...decoding,
      temperature: decoding.temperature || REGENERATED_TEMPERATURE,
      seed: box.state.turnCount + 1,
    };
    box.state = acceptAlternative(box.state, beside, { messageId, text: beside.text, decoding: varied }, now());
  }

  /** Not cancellable: when the session is cancelled, the sender still gets what was written so far. */
  async function answered(messageId: string): Promise<SendMessageResult> {
    if (isOpenMessage(messageId)) await new Promise<void>((resolve) => waitFor(messageId, resolve));
    const turn = turnOfMessage(box.state, messageId);
    if (turn === undefined) return toResult(sessionId, undefined);
    return toResult(sessionId, heldTurn(box.state, turn) ?? (await turnOf(turn)));
  }

  /** A plain promise rather than a condition in a scope of its own, which are ten: the sandbox takes a stack trace for each. */
  function waitFor(messageId: string, tell: () => void): void {
    const before = senders.get(messageId);
    senders.set(messageId, () => {
      before?.();
      tell();
    });
  }

  function tellSenders(): void {
    for (const [messageId, tell] of senders) {
      if (isOpenMessage(messageId)) continue;
      senders.delete(messageId);
      tell();
    }
  }

  /** A turn that has ended, from the archive when it is not held. */
  async function turnOf(turn: number): Promise<Turn> {
    const held = heldTurn(box.state, turn);
    if (held !== undefined) return held;
    const { turns } = await readArchivedTurns({ sessionId, fromTurn: turn, toTurn: turn });
    const [archived] = turns;
    if (archived === undefined) {
      throw ApplicationFailure.nonRetryable(`Turn ${turn} of the session is not in the archive.`, 'InvalidRequest');
    }
    return archived;
  }

  function withTurn(turn: Turn): readonly Turn[] {
    return [...box.state.turns, turn].toSorted((a, b) => a.turn - b.turn);
  }

  async function fork(): Promise<void> {
    if (input.forkOf === undefined) return;
    const { sessionId: from, turn, title } = input.forkOf;
    const { last, turnCount } = await copied({ from, turn, to: sessionId, userId: box.state.settings.userId });
    box.state = {
      ...box.state,
      turns: last ? [last] : [],
      turnCount,
      head: turnCount,
      archivedThrough: turnCount,
      preambleChanged: true,
    };
    setTitle(excerpt(`Fork of ${title ?? from}`, 80));
    isReady = true;
  }

  async function answer(turn: Turn): Promise<void> {
    const { modelId, userId = sessionId, tools: toolNames = [], panel, sources } = box.state.settings;
    const scope = new CancellationScope();
    const startedAt = Date.now();
    try {
      const output = await scope.run(async () => {
        running = { turn, scope, state: box.state };
        showDetails();
        if (panel) return { ...(await answerByPanel(sessionId, box.state, panel, turn)), sources: undefined };
        if (toolNames.length > 0 && box.state.tools === undefined) {
          box.state = { ...box.state, tools: await describe(toolNames), preambleChanged: true };
        }
        const request = turnRequest(sessionId, box.state, turn, startedAt);
        running = { turn, scope, state: box.state, preambleHash: request.preambleHash };
        const { tools = [] } = box.state;
        const spent = tools.length === 0 ? NO_USAGE : await callTools(tools, toolTurn(turn, request));
        const callCount = heldTurn(box.state, turn.turn)?.toolCalls?.length ?? 0;
        const asked = callCount === 0 ? request : { ...request, callCount };
        const dispatch = {
          summary: `Turn ${turn.turn}: ${excerpt(turn.text, 120)}`,
          workerQueue: box.state.workerQueue,
          userId,
        };
        const written: GenerateOutput & Partial<SourcedOutput> = wantsSources(sources)
          ? await answerFromSources(asked, sources, dispatch, showStep)
          : await generateAnswer(asked, dispatch);
        const { answer: drawn, keywords = [] } = written;
        return {
          ...written,
          usage: addUsage(spent, written.usage),
          maxOutputTokens: request.maxOutputTokens,
          sources: drawn && answerSourcesOf(drawn, keywords),
        };
      });
      const { text, thinking, finishReason, usage, context, workerQueue } = output;
      if (text === '' && finishReason === 'cancelled') {
        const partial = thinking === undefined ? {} : { partial: { text, thinking } };
        box.state = recordFailure(box.state, turn.turn, { ...TURN_CANCELLED, ...partial });
      } else {
        const { sources: drawn } = output;
        const written = {
          text,
          ...(thinking !== undefined && { thinking }),
          finishReason,
          usage,
          modelId: output.modelId,
          answeredAt: now(),
          ...(drawn && { sources: drawn }),
        };
        box.state = recordAnswer(box.state, turn.turn, written, { fromTurn: context.fromTurn, workerQueue });
        const isLast = nextOpenTurn(box.state) === undefined && turn.turn === box.state.head;
        if (keepsHouse && isLast && isWindowFull(output, output.maxOutputTokens)) upkeep.summarise();
      }
    } catch (error) {
      const failure = scope.consideredCancelled ? TURN_CANCELLED : toTurnFailure(error, modelId);
      log.warn('Turn failed', { turn: turn.turn, type: failure.type, reason: failure.message });
      box.state = recordFailure(box.state, turn.turn, failure);
    } finally {
      running = undefined;
      showDetails();
    }
  }

  function toolTurn(turn: Turn, request: GenerateInput): ToolTurn {
    const {
      userId = sessionId,
      maxToolCalls = DEFAULT_MAX_TOOL_CALLS,
      approvalSeconds = DEFAULT_APPROVAL_SECONDS,
    } = box.state.settings;
    return {
      sessionId,
      turn: turn.turn,
      limits: { maxToolCalls, approvalSeconds },
      decideNext: async (callCount) => {
        const { workerQueue: held } = box.state;
        const summary = `Turn ${turn.turn}: which tool?`;
        const output = await decideTurn({ ...request, callCount }, { summary, workerQueue: held, userId });
        const { workerQueue } = output;
        if (workerQueue !== undefined) box.state = { ...box.state, workerQueue };
        return output;
      },
      record: (call) => {
        box.state = recordToolCall(box.state, turn.turn, call);
        showDetails();
      },
      approvalOf: (callId) => approvals.get(callId),
      now,
    };
  }

  function cancelTurn(messageId: string | undefined): void {
    if (running && (messageId === undefined || running.turn.messageId === messageId)) {
      running.scope.cancel();
      return;
    }
    const turn = messageId === undefined ? undefined : findTurn(box.state, messageId);
    if (turn && isOpen(turn)) box.state = recordFailure(box.state, turn.turn, TURN_CANCELLED);
  }

  function failOpenTurns(failure: TurnFailure): void {
    for (let turn = nextOpenTurn(box.state); turn; turn = nextOpenTurn(box.state)) {
      box.state = recordFailure(box.state, turn.turn, failure);
    }
  }

  function isKnown(messageId: string): boolean {
    return turnOfMessage(box.state, messageId) !== undefined;
  }

  function isOpenMessage(messageId: string): boolean {
    const turn = findTurn(box.state, messageId);
    return turn !== undefined && isOpen(turn);
  }

  function isLong(): boolean {
    const { continueAsNewSuggested, historyLength, targetWorkerDeploymentVersionChanged } = workflowInfo();
    // The current version of the workers is another one: the next run goes over to it.
    return continueAsNewSuggested || targetWorkerDeploymentVersionChanged || historyLength > maxHistoryLength;
  }

  /** Turns that were signalled may wait meanwhile: they are part of the state. A waiting update is not: it is answered first. */
  function canContinueAsNew(): boolean {
    if (!isLong() || ended || !allHandlersFinished()) return false;
    if (upkeep.isBusy() && workflowInfo().historyLength < maxHistoryLength * PATIENCE) return false;
    return carriedBytes(carrySession(box.state)) < MAX_CARRIED_BYTES;
  }

  async function continueAsNew(): Promise<never> {
    upkeep.cancel();
    return continueSession({ ...input, settings: box.state.settings, carried: carrySession(box.state) });
  }

  function setTitle(title: string): void {
    box.state = { ...box.state, title };
    upsertMemo({ title, modelId: box.state.settings.modelId });
  }

  function showDetails(): void {
    const activity = sessionActivity(box.state, running?.turn, ended);
    setCurrentDetails(sessionDetails(box.state, activity));
    const attributes = keepsHouse ? sessionAttributes(box.state, activity) : undefined;
    const text = JSON.stringify(attributes);
    if (attributes === undefined || text === shownAttributes) return;
    // Each change is an event: not every turn is worth one.
    shownAttributes = text;
    upsertSearchAttributes(searchAttributePairs(attributes));
  }

  function showStep(step: string, about = ''): void {
    const activity = sessionActivity(box.state, running?.turn, ended);
    setCurrentDetails(sessionDetails(box.state, activity, about === '' ? step : `${step}: ${about}`));
  }

  function status(): SessionStatus {
    return sessionStatus(sessionId, box.state, running?.turn, ended);
  }
}

/** A session that has nothing to begin with ends, and says why. */
async function copied(branch: CopyBranchInput): Promise<CopiedBranch> {
  try {
    return await copyBranch(branch);
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : undefined;
    if (!(cause instanceof ApplicationFailure)) throw error;
    throw ApplicationFailure.nonRetryable(cause.message, cause.type ?? 'SessionNotFound');
  }
}

/** A session pinned to a version of the workers goes over to the current one here, where nothing is under way. */
const continueSession = makeContinueAsNewFunc<typeof chatSessionWorkflow>({
  initialVersioningBehavior: 'AUTO_UPGRADE',
});

const CLOSED: Refusal = { type: 'SessionClosed', message: 'The session has ended. Start a new one.' };

function refuse(refusal: Refusal | undefined): void {
  if (refusal) throw ApplicationFailure.create({ ...refusal, nonRetryable: true });
}

function toResult(sessionId: string, turn: Turn | undefined): SendMessageResult {
  if (turn?.failure) {
    const { type, message, partial } = turn.failure;
    throw ApplicationFailure.create({ type, message, nonRetryable: true, ...(partial && { details: [partial] }) });
  }
  // A plain Error here would mean a bug and block the workflow task until it is mended; no state leads here.
  if (!turn?.answer)
    throw ApplicationFailure.nonRetryable('The turn has neither answer nor failure.', 'InvalidRequest');
  const { text, thinking, finishReason, modelId, usage, sources } = turn.answer;
  const written = { text, ...(thinking !== undefined && { thinking }), finishReason, modelId, usage };
  const answer = { ...written, ...(sources && { sources }) };
  return { sessionId, turn: turn.turn, messageId: turn.messageId, ...answer };
}

/** The workflow's clock: in the sandbox `Date` is replayed. */
function now(): string {
  return new Date().toISOString();
}
