import { condition, executeChild, isCancellation } from '@temporalio/workflow';
import { toolLimitsOf } from '../../domain/session/approval.js';
import { NO_USAGE } from '../../domain/session/conversation.js';
import { estimateTokens, reserve } from '../../domain/panel/budget.js';
import { materialOf } from '../../domain/panel/coordinator-prompts.js';
import { ASSESSMENT_TOKENS, boundMaterial } from '../../domain/panel/expert-question.js';
import type { ExpertInput } from '../../domain/panel/expert-question.js';
import { expertWorkflowId } from '../../domain/panel/panel-id.js';
import { endQuestion, readyQuestions, startQuestion } from '../../domain/panel/state.js';
import type { AskedQuestion, ExpertOutcome } from '../../domain/panel/state.js';
import { excerpt } from '../../domain/text.js';
import { expertWorkflow } from './expert.js';
import { runUntil } from '../run-until.js';
import type { BoundedRun } from '../run-until.js';
import type { PanelRun } from './panel-run.js';
import { reasonOf } from './reason-of.js';

/** Extra time, in ms. An expert normally ends in time by itself. */
const GRACE_MS = 30_000;

/** Asks all waiting questions, as many at the same time as allowed, until none is open. */
export async function askExperts(run: PanelRun): Promise<void> {
  const { children } = run;
  run.activity = 'asking';
  for (;;) {
    if (run.whyOver() === undefined) {
      for (const question of readyQuestions(run.state)) if (!start(run, question)) break;
    }
    run.show();
    if (children.size === 0) break;
    const before = children.size;
    await condition(() => children.size < before || hasNews(run));
  }
  // Questions wait although no expert is working: too few tokens were left for them.
  if (run.state.questions.some(({ state }) => state === 'waiting') && run.whyOver() === undefined)
    run.isBudgetOut = true;
}

/** Whether a question can be asked that could not be asked before. */
function hasNews(run: PanelRun): boolean {
  const { limits } = run.state;
  return run.whyOver() === undefined && limits.tokenBudget === undefined && readyQuestions(run.state).length > 0;
}

/** @returns whether there are enough tokens for it */
function start(run: PanelRun, question: AskedQuestion): boolean {
  const { questionId } = question;
  const { panelId } = run.input;
  const { tokenBudget, answerTokens } = run.state.limits;
  const expertInput = expertInputOf(run, question);
  if (expertInput === undefined) return true;
  const granted = reserve(run.state.budget, questionId, {
    inputTokens: tokenBudget === undefined ? 0 : estimateOf(expertInput),
    outputTokens: answerTokens + ASSESSMENT_TOKENS,
    keepBack: run.keepBack,
  });
  if (granted === undefined || granted.outputTokens <= ASSESSMENT_TOKENS) return false;
  run.state = startQuestion({ ...run.state, budget: granted.budget }, questionId, now());
  const { name, responsibility } = expertInput.profile;
  const child = runUntil(run.workUntilMs + GRACE_MS, () =>
    executeChild(expertWorkflow, {
      workflowId: expertWorkflowId(panelId, name, questionId),
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      parentClosePolicy: 'REQUEST_CANCEL',
      staticSummary: `${name}: ${excerpt(question.text, 120)}`,
      staticDetails: `Round ${question.round} of panel ${panelId}. Responsibility: ${excerpt(responsibility, 300)}`,
      args: [{ ...expertInput, maxOutputTokens: granted.outputTokens - ASSESSMENT_TOKENS }],
    }),
  );
  run.children.add(child);
  void hear(run, questionId, child);
  return true;
}

/** Waits for an expert. Never throws. */
async function hear(run: PanelRun, questionId: string, child: BoundedRun<ExpertOutcome>): Promise<void> {
  let outcome: ExpertOutcome;
  try {
    outcome = await child.result;
  } catch (error) {
    outcome = unheard(error, child.isLate());
  }
  run.children.delete(child);
  run.spend(outcome.usage);
  run.state = endQuestion(run.state, questionId, outcome, now());
  const { waitingCalls } = run;
  for (const callId of waitingCalls.keys()) if (callId.startsWith(`${questionId}/`)) waitingCalls.delete(callId);
  run.show();
}

function expertInputOf(run: PanelRun, question: AskedQuestion): ExpertInput | undefined {
  const { input, state, userId } = run;
  const profile = state.experts.find(({ name }) => name === question.expert);
  if (profile === undefined) return undefined;
  const before = state.questions.filter(
    (each) =>
      each.state === 'answered' &&
      (question.after.includes(each.questionId) ||
        // A follow-up builds on the expert's own earlier answer.
        (each.expert === question.expert && each.round < question.round)),
  );
  const remarks = state.remarks.map((text) => ({ title: 'Remark of the person who gave the task', text }));
  return {
    panelId: input.panelId,
    questionId: question.questionId,
    profile: { ...profile, modelId: profile.modelId ?? input.modelId },
    task: state.task,
    question: question.text,
    material: boundMaterial([...before.map(materialOf), ...remarks]),
    maxOutputTokens: state.limits.answerTokens,
    deadline: new Date(run.workUntilMs).toISOString(),
    ...(question.seed !== undefined && { seed: question.seed }),
    userId,
    ...toolLimitsOf(input),
  };
}

/** The outcome of a question whose expert did not report one. */
function unheard(error: unknown, isLate: boolean): ExpertOutcome {
  if (isLate) return { state: 'late', reason: 'It had no answer within the time of the panel.', usage: NO_USAGE };
  if (isCancellation(error)) {
    return { state: 'cancelled', reason: 'It was stopped before it had an answer.', usage: NO_USAGE };
  }
  return { state: 'failed', reason: reasonOf(error), usage: NO_USAGE };
}

function estimateOf({ profile, question, task, material }: ExpertInput): number {
  const texts = [profile.persona, profile.responsibility, question, task, ...material.map(({ text }) => text)];
  return estimateTokens(...texts);
}

function now(): string {
  return new Date().toISOString();
}
