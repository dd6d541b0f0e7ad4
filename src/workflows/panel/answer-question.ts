import { ActivityFailure, ApplicationFailure, log, setCurrentDetails } from '@temporalio/workflow';
import type { Decoding } from '../../domain/decoding.js';
import type { CompletionInput } from '../../domain/panel/completion.js';
import { parseAssessment } from '../../domain/panel/assessment.js';
import { DEFAULT_EXPERT_ATTEMPTS } from '../../domain/panel/expert.js';
import {
  ASSESSMENT_TOKENS,
  MAX_ANSWER_CHARACTERS,
  answerPrompt,
  assessmentRequest,
  boundMaterial,
} from '../../domain/panel/expert-question.js';
import { documentsOfHits, materialOfHits } from '../../domain/panel/found-documents.js';
import { expertDetails } from '../../domain/panel/expert-details.js';
import { panelWorkflowId } from '../../domain/panel/panel-id.js';
import type { ExpertOutcome } from '../../domain/panel/state.js';
import { cutText, excerpt } from '../../domain/text.js';
import { askElsewhere } from './ask-elsewhere.js';
import { callTools, describe } from '../answer/call-tools.js';
import { decideStep, writeStep } from '../answer/complete-prompt.js';
import { searchForExpert } from './search-for-expert.js';
import type { ExpertRun } from './expert-run.js';

/** Decoding for an answer that should vary. */
const VARIED_TEMPERATURE = 0.8;

/** Writes the answer to the expert's question, and has the expert assess it. */
export async function answerQuestion(run: ExpertRun): Promise<ExpertOutcome> {
  const { input, toolCalls, approvals, deadlineMs } = run;
  const { profile, question, questionId, panelId, userId, maxToolCalls, approvalSeconds } = input;
  const { name, modelId, maxAttempts = DEFAULT_EXPERT_ATTEMPTS } = profile;
  const { remoteUrl } = profile;
  if (remoteUrl !== undefined) {
    run.text = cutText((await askElsewhere(input, remoteUrl, deadlineMs)).trim(), MAX_ANSWER_CHARACTERS);
    return run.text === '' ? run.outcome('failed', 'It answered with an empty text.') : run.outcome('answered');
  }
  const { knowledgeBases = [] } = profile;
  if (knowledgeBases.length > 0) await readKnowledge(run, knowledgeBases);
  const { tools: names = [] } = profile;
  const tools = names.length === 0 ? [] : await describe(names);
  const base: Omit<CompletionInput, 'maxOutputTokens'> = {
    modelId,
    prompt: answerPrompt(run.asked),
    tools,
    decoding: decodingOf(profile.decoding, input.seed),
    deadline: new Date(deadlineMs).toISOString(),
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
      record: (call) => run.record(call),
      approvalOf: (callId) => approvals.get(callId),
      now,
    });
    run.spend(spent);
  }
  const written = await writeStep(
    { ...base, ...(toolCalls.length > 0 && { calls: toolCalls }), maxOutputTokens: input.maxOutputTokens },
    { summary: `${name}: ${excerpt(question, 120)}`, userId },
  );
  run.spend(written.usage);
  const text = cutText(written.text.trim(), MAX_ANSWER_CHARACTERS);
  run.text = text;
  const { finishReason } = written;
  if (text === '')
    return run.outcome(run.isLate || finishReason === 'deadline' ? 'late' : 'failed', silence(finishReason));
  setCurrentDetails(expertDetails(input, 'Saying how sure it is', { text }));
  if (Date.now() < deadlineMs && finishReason !== 'cancelled') await assess(run, base, written.text);
  if (run.assessment.isOutside)
    return run.outcome('declined', `It says that this lies outside its responsibility: ${profile.responsibility}`);
  return { ...run.outcome('answered'), finishReason, modelId: written.modelId };
}

async function readKnowledge(run: ExpertRun, knowledgeBases: readonly string[]): Promise<void> {
  const { input } = run;
  setCurrentDetails(expertDetails(input, `Searching ${knowledgeBases.join(', ')}`));
  const hits = await searchForExpert(input.question, knowledgeBases);
  run.documents = documentsOfHits(hits);
  run.asked = { ...input, material: boundMaterial([...materialOfHits(hits), ...input.material]) };
  setCurrentDetails(expertDetails(run.asked, 'Answering'));
}

/** `said` is the answer exactly as the model wrote it, because the cache contains that text. */
async function assess(run: ExpertRun, base: Omit<CompletionInput, 'maxOutputTokens'>, said: string): Promise<void> {
  const { asked, toolCalls, input } = run;
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
      { summary: `${input.profile.name}: how sure?`, userId: input.userId },
    );
    run.spend(written.usage);
    run.assessment = parseAssessment(written.text);
  } catch (error) {
    // The answer stands without an assessment.
    log.warn('The expert did not say how sure it is', { reason: failureOf(error).message });
  }
}

function silence(finishReason: string): string {
  return finishReason === 'stop' ? 'The model wrote nothing.' : `The model wrote nothing (${finishReason}).`;
}

function decodingOf(decoding: Decoding | undefined, seed: number | undefined): Decoding | undefined {
  if (seed === undefined) return decoding;
  return { ...decoding, temperature: decoding?.temperature || VARIED_TEMPERATURE, seed };
}

/** What a step of an expert failed with. */
export function failureOf(error: unknown): { readonly type?: string; readonly message: string } {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) return { type: cause.type ?? undefined, message: cause.message };
  return { message: cause instanceof Error ? cause.message : String(cause) };
}

function now(): string {
  return new Date().toISOString();
}
