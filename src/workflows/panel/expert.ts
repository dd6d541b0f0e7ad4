import {
  ActivityFailure,
  ApplicationFailure,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import { NO_USAGE, addUsage } from '../../domain/session/conversation.js';
import type { Decoding } from '../../domain/decoding.js';
import type { CompletionInput } from '../../domain/panel/completion.js';
import { UNASSESSED, parseAssessment } from '../../domain/panel/assessment.js';
import type { Assessment } from '../../domain/panel/assessment.js';
import { DEFAULT_EXPERT_ATTEMPTS, DEFAULT_EXPERT_SECONDS } from '../../domain/panel/expert.js';
import {
  ASSESSMENT_TOKENS,
  MAX_ANSWER_CHARACTERS,
  answerPrompt,
  assessmentRequest,
  boundMaterial,
} from '../../domain/panel/expert-question.js';
import type { ExpertInput } from '../../domain/panel/expert-question.js';
import { documentsOfHits, materialOfHits } from '../../domain/panel/found-documents.js';
import { expertDetails } from '../../domain/panel/expert-details.js';
import { panelWorkflowId } from '../../domain/panel/panel-id.js';
import type { ExpertOutcome } from '../../domain/panel/state.js';
import type { ToolCall } from '../../domain/tools/tool-call.js';
import type { ApprovalDecision } from '../../domain/session/tool-turn.js';
import { cutText, excerpt } from '../../domain/text.js';
import { askElsewhere } from './ask-elsewhere.js';
import { callTools, describe } from '../answer/call-tools.js';
import { decideStep, writeStep } from '../answer/complete-prompt.js';
import { expertApprovalSignal, expertCallSignal } from './panel-messages.js';
import { runUntil } from '../run-until.js';
import { searchForExpert } from './search-for-expert.js';

/** Decoding for an answer that should vary. */
const VARIED_TEMPERATURE = 0.8;
/** Extra time, in ms, for the text to arrive. The model itself ends at the deadline. */
const GRACE_MS = 1_000;

/**
 * Asks one expert one question: tool calls, the answer, and the expert's assessment of its answer. Foreseeable failures are part of the outcome, and the
 * panel continues.
 */
export async function expertWorkflow(input: ExpertInput): Promise<ExpertOutcome> {
  const { profile, question, questionId, panelId, userId, maxToolCalls, approvalSeconds } = input;
  const { name, modelId, timeoutSeconds = DEFAULT_EXPERT_SECONDS, maxAttempts = DEFAULT_EXPERT_ATTEMPTS } = profile;
  const ownDeadline = Date.now() + timeoutSeconds * 1000;
  const deadlineMs = Math.min(Date.parse(input.deadline), ownDeadline);
  const deadline = new Date(deadlineMs).toISOString();
  const approvals = new Map<string, ApprovalDecision>();
  const toolCalls: ToolCall[] = [];
  let usage = NO_USAGE;
  let text: string | undefined;
  let assessment: Assessment = UNASSESSED;
  /** The input, with passages of its knowledge bases. */
  let asked = input;
  let documents: readonly string[] = [];

  setHandler(expertApprovalSignal, (word) => void approvals.set(word.callId, word), {
    description: 'The panel’s decision on a tool call',
  });
  setCurrentDetails(expertDetails(input, 'Answering'));

  const work = runUntil(deadlineMs + GRACE_MS, answer);
  try {
    const ended = await work.result;
    setCurrentDetails(expertDetails(input, ended.state, { text, reason: ended.reason }));
    return ended;
  } catch (error) {
    return failed(error);
  }

  async function answer(): Promise<ExpertOutcome> {
    const { remoteUrl } = profile;
    if (remoteUrl !== undefined) {
      text = cutText((await askElsewhere(input, remoteUrl, deadlineMs)).trim(), MAX_ANSWER_CHARACTERS);
      return text === '' ? outcome('failed', 'It answered with an empty text.') : outcome('answered');
    }
    const { knowledgeBases = [] } = profile;
    if (knowledgeBases.length > 0) await readKnowledge(knowledgeBases);
    const { tools: names = [] } = profile;
    const tools = names.length === 0 ? [] : await describe(names);
    const base: Omit<CompletionInput, 'maxOutputTokens'> = {
      modelId,
      prompt: answerPrompt(asked),
      tools,
      decoding: decodingOf(profile.decoding, input.seed),
      deadline,
      maxAttempts,
      cacheKey: `${panelWorkflowId(panelId)}/${name}`,
    };
    if (tools.length > 0) {
      const spent = await callTools(tools, {
        sessionId: `${panelWorkflowId(panelId)}/${questionId}`,
        turn: 1,
        limits: { maxToolCalls, approvalSeconds },
        decideNext: () =>
          decideStep({ ...base, calls: toolCalls, maxOutputTokens: 512 }, { summary: `${name}: which tool?`, userId }),
        record,
        approvalOf: (callId) => approvals.get(callId),
        now,
      });
      usage = addUsage(usage, spent);
    }
    const written = await writeStep(
      { ...base, ...(toolCalls.length > 0 && { calls: toolCalls }), maxOutputTokens: input.maxOutputTokens },
      { summary: `${name}: ${excerpt(question, 120)}`, userId },
    );
    usage = addUsage(usage, written.usage);
    text = cutText(written.text.trim(), MAX_ANSWER_CHARACTERS);
    const { finishReason } = written;
    if (text === '')
      return outcome(work.isLate() || finishReason === 'deadline' ? 'late' : 'failed', silence(finishReason));
    setCurrentDetails(expertDetails(input, 'Saying how sure it is', { text }));
    if (Date.now() < deadlineMs && finishReason !== 'cancelled') await assess(base, written.text);
    if (assessment.isOutside)
      return outcome('declined', `It says that this lies outside its responsibility: ${profile.responsibility}`);
    return { ...outcome('answered'), finishReason, modelId: written.modelId };
  }

  async function readKnowledge(knowledgeBases: readonly string[]): Promise<void> {
    setCurrentDetails(expertDetails(input, `Searching ${knowledgeBases.join(', ')}`));
    const hits = await searchForExpert(question, knowledgeBases);
    documents = documentsOfHits(hits);
    asked = { ...input, material: boundMaterial([...materialOfHits(hits), ...input.material]) };
    setCurrentDetails(expertDetails(asked, 'Answering'));
  }

  /** `said` is the answer exactly as the model wrote it, because the cache contains that text. */
  async function assess(base: Omit<CompletionInput, 'maxOutputTokens'>, said: string): Promise<void> {
    const { decoding: _, ...shared } = base;
    const { prompt, schema } = assessmentRequest(asked, cutText(said, MAX_ANSWER_CHARACTERS));
    try {
      const written = await writeStep(
        {
          ...shared,
          ...(toolCalls.length > 0 && { calls: toolCalls }),
          prompt,
          schema,
          maxOutputTokens: ASSESSMENT_TOKENS,
        },
        { summary: `${name}: how sure?`, userId },
      );
      usage = addUsage(usage, written.usage);
      assessment = parseAssessment(written.text);
    } catch (error) {
      // The answer stands without an assessment.
      log.warn('The expert did not say how sure it is', { reason: reasonOf(error).message });
    }
  }

  function failed(error: unknown): ExpertOutcome {
    if (text !== undefined && text !== '') return outcome('answered');
    if (work.isLate()) return outcome('late', `It had no answer within ${timeoutText()}.`);
    if (isCancellation(error)) return outcome('cancelled', 'It was stopped before it had an answer.');
    const { type, message } = reasonOf(error);
    log.warn('Expert failed', { expert: name, type, reason: message });
    setCurrentDetails(expertDetails(input, 'failed', { reason: message }));
    return { ...outcome('failed', message), ...(type !== undefined && { failureType: type }) };
  }

  function outcome(state: ExpertOutcome['state'], reason?: string): ExpertOutcome {
    return {
      state,
      ...(text !== undefined && text !== '' && { text, ...wordOf(assessment) }),
      ...(documents.length > 0 && { documents }),
      ...(toolCalls.length > 0 && { toolCalls }),
      ...(reason !== undefined && { reason }),
      usage,
    };
  }

  function record(call: ToolCall): void {
    const index = toolCalls.findIndex(({ callId }) => callId === call.callId);
    if (index === -1) toolCalls.push(call);
    else toolCalls[index] = call;
    const { callId, tool, arguments: args, state, startedAt } = call;
    // The panel has ended, so it needs no report.
    void getExternalWorkflowHandle(panelWorkflowId(panelId))
      .signal(expertCallSignal, { questionId, expert: name, call: { callId, tool, arguments: args, state, startedAt } })
      .catch(() => undefined);
  }

  function timeoutText(): string {
    return ownDeadline <= Date.parse(input.deadline) ? `its ${timeoutSeconds} s` : 'the time of the panel';
  }
}

function wordOf({ confidence, sources }: Assessment): Pick<ExpertOutcome, 'confidence' | 'sources'> {
  return { confidence, sources };
}

function silence(finishReason: string): string {
  return finishReason === 'stop' ? 'The model wrote nothing.' : `The model wrote nothing (${finishReason}).`;
}

function decodingOf(decoding: Decoding | undefined, seed: number | undefined): Decoding | undefined {
  if (seed === undefined) return decoding;
  return { ...decoding, temperature: decoding?.temperature || VARIED_TEMPERATURE, seed };
}

function reasonOf(error: unknown): { readonly type?: string; readonly message: string } {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) return { type: cause.type ?? undefined, message: cause.message };
  return { message: cause instanceof Error ? cause.message : String(cause) };
}

function now(): string {
  return new Date().toISOString();
}
