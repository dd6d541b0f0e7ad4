import {
  ApplicationFailure,
  ChildWorkflowFailure,
  CancellationScope,
  condition,
  executeChild,
  getExternalWorkflowHandle,
  isCancellation,
  log,
  setCurrentDetails,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import { NO_USAGE, addUsage } from '../domain/conversation.js';
import type { Usage } from '../domain/conversation.js';
import { estimateTokens, reserve, settle } from '../domain/panel/budget.js';
import {
  SYNTHESIS_RESERVE_TOKENS,
  choiceRequest,
  materialOf,
  planRequest,
  synthesisRequest,
  verdictRequest,
} from '../domain/panel/coordinator-prompts.js';
import type { CoordinatorRequest } from '../domain/panel/coordinator-prompts.js';
import { DEFAULT_EXPERT_ATTEMPTS } from '../domain/panel/expert.js';
import { ASSESSMENT_TOKENS, boundMaterial } from '../domain/panel/expert-question.js';
import type { ExpertInput } from '../domain/panel/expert-question.js';
import { MAX_EXPERTS, faultsOfExpert, faultsOfPanel, tokensOf } from '../domain/panel/panel.js';
import type { PanelInput } from '../domain/panel/panel.js';
import { expertWorkflowId, panelWorkflowId } from '../domain/panel/panel-id.js';
import { fieldsOf, parsePartialJson } from '../domain/panel/partial-json.js';
import { faultsOfPlan, parsePlan, repairPlan } from '../domain/panel/plan.js';
import type { Plan } from '../domain/panel/plan.js';
import { panelResult } from '../domain/panel/result.js';
import type { PanelOutcome, PanelResult } from '../domain/panel/result.js';
import {
  addExpert,
  addNotes,
  addRemark,
  answeredQuestions,
  askQuestions,
  endQuestion,
  newPanel,
  readyQuestions,
  recordPlan,
  recordVerdict,
  skipWaiting,
  startQuestion,
} from '../domain/panel/state.js';
import type { AskedQuestion, ExpertOutcome, PanelState } from '../domain/panel/state.js';
import { MAX_REMARK_LENGTH, panelStatus } from '../domain/panel/status.js';
import type { PanelActivity, PanelStatus, PendingReview, ReviewDecision, WaitingCall } from '../domain/panel/status.js';
import { panelDetails } from '../domain/panel/tree.js';
import { parseVerdict } from '../domain/panel/verdict.js';
import { lastStep, nextStep } from '../domain/panel/ways.js';
import type { PanelStep } from '../domain/panel/ways.js';
import { DEFAULT_APPROVAL_SECONDS, DEFAULT_MAX_TOOL_CALLS } from '../domain/session-settings.js';
import { renderPrompt } from '../domain/panel/prompt.js';
import { excerpt } from '../domain/text.js';
import { writeStep } from './complete-prompt.js';
import { expertWorkflow } from './expert.js';
import {
  addExpertUpdate,
  addRemarkUpdate,
  cancelPanelSignal,
  expertApprovalSignal,
  expertCallSignal,
  getPanelResultQuery,
  getPanelStatusQuery,
  resolvePanelApprovalUpdate,
  resolveReviewUpdate,
} from './panel-messages.js';
import { runUntil } from './run-until.js';
import type { BoundedRun } from './run-until.js';

/** Of the whole time, kept for the synthesis; at most this many ms. */
const SYNTHESIS_SHARE = 0.2;
const MAX_SYNTHESIS_MS = 120_000;
/** A person who never agrees must not keep a panel for ever. */
const MAX_REVISIONS = 3;
const DEFAULT_REVIEW_SECONDS = 24 * 60 * 60;
const MAX_REMARKS = 50;
/** A step that was asked to end by itself gets so long to do it. */
const GRACE_MS = 2_000;

/**
 * One task for a coordinator and experts. What it does next is decided by the rule of its way (`domain/panel/ways.ts`); each step is in the
 * history once it is done, and is not done again. Always ends in a result, once it has begun.
 */
export async function panelWorkflow(input: PanelInput): Promise<PanelResult> {
  const faults = faultsOfPanel(input);
  if (faults.length > 0) throw invalid(faults.join(' '));
  const { panelId, coordinator, review = {}, userId = panelId } = input;
  const startedMs = Date.now();
  let state: PanelState = newPanel(input);
  const { deadlineSeconds, answerTokens, tokenBudget } = state.limits;
  const deadlineMs = startedMs + deadlineSeconds * 1000;
  const workUntilMs = deadlineMs - Math.min(MAX_SYNTHESIS_MS, deadlineSeconds * 1000 * SYNTHESIS_SHARE);
  const keepBack = tokenBudget === undefined ? 0 : Math.min(SYNTHESIS_RESERVE_TOKENS, Math.floor(tokenBudget / 3));
  const coordinatorName = coordinator?.name ?? 'coordinator';
  let usage: Usage = NO_USAGE;
  let activity: PanelActivity = 'planning';
  let result: PanelResult | undefined;
  let isCancelled = false;
  let isTimeUp = false;
  let isBudgetOut = false;
  let revisions = 0;
  let stepCount = 0;
  let pending: PendingReview | undefined;
  let decision: ReviewDecision | undefined;
  const waitingCalls = new Map<string, WaitingCall>();
  const children = new Set<BoundedRun<unknown>>();
  let running: BoundedRun<unknown> | undefined;

  setHandler(cancelPanelSignal, stop, { description: 'End the panel in the best of what there is' });
  setHandler(
    addExpertUpdate,
    (profile) => {
      state = addExpert(state, profile);
      show();
      return status();
    },
    {
      validator: (profile) => {
        refuseEnded();
        const [fault] = faultsOfExpert(profile);
        if (fault !== undefined) throw invalid(fault);
        if (state.experts.some(({ name }) => name === profile.name)) {
          throw invalid(`The panel has an expert "${profile.name}" already. Give the new one another name.`);
        }
        if (state.experts.length >= MAX_EXPERTS)
          throw invalid(`The panel has ${MAX_EXPERTS} experts; it takes no more.`);
      },
      description: 'Ask another expert, too',
    },
  );
  setHandler(
    addRemarkUpdate,
    ({ text }) => {
      state = addRemark(state, text.trim());
      show();
      return status();
    },
    {
      validator: (remark: { readonly text?: unknown } | undefined) => {
        refuseEnded();
        refuseText(remark?.text, false);
        if (state.remarks.length >= MAX_REMARKS)
          throw invalid(`The panel has ${MAX_REMARKS} remarks; it takes no more.`);
      },
      description: 'Say something to whoever plans, judges or integrates from now on',
    },
  );
  setHandler(
    resolveReviewUpdate,
    (word) => {
      decision = word;
      show();
      return status();
    },
    { validator: refuseReview, description: 'A person’s word on what waits for it' },
  );
  setHandler(
    resolvePanelApprovalUpdate,
    async (word) => {
      const call = waitingCalls.get(word.callId);
      waitingCalls.delete(word.callId);
      if (call !== undefined) await passOn(call, { approve: word.approve, reason: word.reason });
      show();
      return status();
    },
    {
      validator: (word) => {
        const known = [...waitingCalls.keys()];
        if (!known.includes(word?.callId)) {
          const which = known.length === 0 ? 'none waits' : `waiting: ${known.join(', ')}`;
          throw invalid(`No call ${JSON.stringify(word?.callId)} waits for approval; ${which}.`);
        }
        if (typeof word.approve !== 'boolean' || String(word.reason ?? '').length > 2000) {
          throw invalid('"approve" must be true or false, "reason" at most 2,000 characters.');
        }
      },
      description: 'Allow or refuse a call of a tool by an expert',
    },
  );
  setHandler(
    expertCallSignal,
    ({ questionId, expert, call }) => {
      const callId = `${questionId}/${call.callId}`;
      if (call.state === 'waiting-approval') {
        waitingCalls.set(callId, {
          callId,
          expert,
          tool: call.tool,
          arguments: call.arguments,
          startedAt: call.startedAt,
        });
      } else {
        waitingCalls.delete(callId);
      }
      show();
    },
    { description: 'From experts' },
  );
  setHandler(getPanelStatusQuery, status, { description: 'Who is asked what, state, tokens, time' });
  setHandler(getPanelResultQuery, () => result, { description: 'The result, once there is one' });

  const clock = new CancellationScope();
  void watchClock();
  try {
    const ending = await work();
    clock.cancel();
    return finish(ending);
  } catch (error) {
    clock.cancel();
    if (!isCancellation(error)) throw error;
    // Cancelled from outside: whoever did it wants the end, and may still read what there is.
    stop();
    finish({ outcome: 'cancelled', conclusion: '' });
    throw error;
  }

  type Ending = Pick<PanelResult, 'outcome' | 'conclusion' | 'conclusionBy'>;

  async function watchClock(): Promise<void> {
    try {
      await clock.run(() => sleep(Math.max(1, workUntilMs - Date.now())));
      isTimeUp = true;
    } catch {
      // The panel ended in time.
    }
  }

  async function work(): Promise<Ending> {
    show();
    for (;;) {
      const over = whyOver();
      if (over !== undefined) state = skipWaiting(state);
      const step = over === undefined ? nextStep(state) : lastStep(state);
      if (step.type === 'synthesise' || step.type === 'conclude' || step.type === 'give-up') {
        const ending = await conclude(step);
        const outcome: PanelOutcome = step.type === 'give-up' ? 'no-answers' : (over ?? 'complete');
        const word =
          review.result === true && !isCancelled
            ? await person({ kind: 'result', text: ending.conclusion })
            : undefined;
        if (word === undefined || word.approve || revisions++ >= MAX_REVISIONS) {
          return { ...ending, outcome: isCancelled ? 'cancelled' : outcome };
        }
        if (word.text !== undefined) state = addRemark(state, word.text);
        continue;
      }
      await take(step);
    }
  }

  async function take(step: Exclude<PanelStep, { type: 'synthesise' | 'conclude' | 'give-up' }>): Promise<void> {
    switch (step.type) {
      case 'plan':
        return makePlan();
      case 'ask':
        state = askQuestions(state, step.round, step.questions);
        return ask();
      case 'judge':
        return judge();
      case 'choose':
        return choose();
    }
  }

  async function makePlan(): Promise<void> {
    activity = 'planning';
    const written = await consult(planRequest(state, coordinator), { what: 'plan', untilMs: workUntilMs });
    const names = state.experts.map(({ name }) => name);
    const parsed = written === undefined ? undefined : parsePlan(written, names, state.task);
    const plan: Plan = parsed ?? repairPlan([], names, state.task);
    const word =
      review.plan === true && whyOver() === undefined
        ? await person({ kind: 'plan', text: planText(plan), plan: plan.questions })
        : undefined;
    if (word !== undefined && !word.approve && revisions++ < MAX_REVISIONS) {
      if (word.text !== undefined) state = addRemark(state, word.text);
      return;
    }
    const chosen = word?.plan === undefined ? plan : repairPlan(word.plan, names, state.task);
    state = addNotes(recordPlan(state, chosen), chosen.repairs);
  }

  async function judge(): Promise<void> {
    activity = 'judging';
    const mayAsk = review.questions === true;
    const written = await consult(verdictRequest(state, coordinator, mayAsk), {
      what: 'verdict',
      untilMs: workUntilMs,
    });
    const names = state.experts.map(({ name }) => name);
    const verdict = (written === undefined ? undefined : parseVerdict(written, names, state.questions)) ?? {
      enough: true,
      disagreements: [],
      followUps: [],
    };
    state = recordVerdict(state, verdict);
    if (verdict.askPerson === undefined || whyOver() !== undefined) return;
    const word = await person({ kind: 'question', text: verdict.askPerson });
    if (word?.text !== undefined && word.approve) {
      state = addRemark(state, `${verdict.askPerson} – ${word.text}`.slice(0, MAX_REMARK_LENGTH));
    }
  }

  async function choose(): Promise<void> {
    activity = 'choosing';
    const answers = answeredQuestions(state);
    const written = await consult(choiceRequest(state, coordinator), { what: 'choice', untilMs: workUntilMs });
    const best = Number(fieldsOf(parsePartialJson(written ?? '')).best);
    const chosen = answers[best - 1] ?? answers[0];
    if (chosen === undefined) return;
    if (answers[best - 1] === undefined)
      state = addNotes(state, ['The coordinator chose no answer: the first one stands.']);
    state = { ...state, choice: chosen.questionId };
  }

  async function conclude(step: PanelStep): Promise<Omit<Ending, 'outcome'>> {
    if (step.type === 'give-up') return { conclusion: '' };
    if (step.type === 'conclude') {
      const chosen = state.questions.find(({ questionId }) => questionId === step.questionId);
      return { conclusion: chosen?.outcome?.text ?? '', conclusionBy: chosen?.expert };
    }
    if (isCancelled) return { conclusion: '' };
    activity = 'synthesising';
    const conclusion = await consult(synthesisRequest(state, coordinator), { what: 'synthesis', untilMs: deadlineMs });
    return conclusion === undefined || conclusion === ''
      ? { conclusion: '' }
      : { conclusion, conclusionBy: coordinatorName };
  }

  /** Asks the coordinator's model. Undefined when it gave nothing: the panel goes on without. */
  async function consult(
    { prompt, schema, maxOutputTokens }: CoordinatorRequest,
    { what, untilMs }: { readonly what: string; readonly untilMs: number },
  ): Promise<string | undefined> {
    show();
    const stepId = `step ${++stepCount}`;
    const granted = reserve(state.budget, stepId, {
      inputTokens: tokenBudget === undefined ? 0 : estimateTokens(prompt.persona, renderPrompt(prompt)),
      outputTokens: maxOutputTokens,
      keepBack: what === 'synthesis' ? 0 : keepBack,
    });
    if (granted === undefined) {
      // Without a plan or with a word less there may still be tokens for experts.
      if (what !== 'plan') isBudgetOut = true;
      state = addNotes(state, [`Too few tokens were left for the ${what} of the coordinator.`]);
      return undefined;
    }
    state = { ...state, budget: granted.budget };
    let spent = NO_USAGE;
    const step = runUntil(untilMs + GRACE_MS, () =>
      writeStep(
        {
          modelId: coordinator?.modelId ?? input.modelId,
          prompt,
          decoding: coordinator?.decoding,
          maxOutputTokens: granted.outputTokens,
          ...(schema && { schema }),
          deadline: new Date(untilMs).toISOString(),
          maxAttempts: DEFAULT_EXPERT_ATTEMPTS,
          cacheKey: `${panelWorkflowId(panelId)}/${coordinatorName}`,
        },
        { summary: `${coordinatorName}: ${what}${state.round > 0 ? ` of round ${state.round}` : ''}`, userId },
      ),
    );
    running = step;
    if (isCancelled) step.cancel();
    try {
      const output = await step.result;
      spent = output.usage;
      return output.text.trim();
    } catch (error) {
      // The whole workflow is cancelled, not this step alone.
      if (isCancellation(error) && !step.isLate() && !isCancelled) throw error;
      const reason = isCancellation(error) ? 'its time was up' : reasonOf(error);
      log.warn('The coordinator gave nothing', { what, reason });
      state = addNotes(state, [`The coordinator gave no ${what}: ${excerpt(reason, 300)}`]);
      return undefined;
    } finally {
      running = undefined;
      usage = addUsage(usage, spent);
      state = { ...state, budget: settle(state.budget, stepId, tokensOf(spent)) };
      show();
    }
  }

  /** Asks all that waits, as much of it at once as may be, until nothing is open. */
  async function ask(): Promise<void> {
    activity = 'asking';
    for (;;) {
      if (whyOver() === undefined) {
        for (const question of readyQuestions(state)) if (!start(question)) break;
      }
      show();
      if (children.size === 0) break;
      const before = children.size;
      await condition(() => children.size < before || hasNews());
    }
    // Nobody works, and yet somebody waits: there was too little left for him.
    if (state.questions.some(({ state: each }) => each === 'waiting') && whyOver() === undefined) isBudgetOut = true;
  }

  /** Somebody can be asked who could not before. */
  function hasNews(): boolean {
    return whyOver() === undefined && tokenBudget === undefined && readyQuestions(state).length > 0;
  }

  /** @returns whether there are tokens for it */
  function start(question: AskedQuestion): boolean {
    const { questionId } = question;
    const expertInput = expertInputOf(question);
    if (expertInput === undefined) return true;
    const granted = reserve(state.budget, questionId, {
      inputTokens: tokenBudget === undefined ? 0 : estimateOf(expertInput),
      outputTokens: answerTokens + ASSESSMENT_TOKENS,
      keepBack,
    });
    if (granted === undefined || granted.outputTokens <= ASSESSMENT_TOKENS) return false;
    state = startQuestion({ ...state, budget: granted.budget }, questionId, now());
    const { name, responsibility } = expertInput.profile;
    // The expert ends by itself in time; this is for one that cannot.
    const child = runUntil(workUntilMs + 30_000, () =>
      executeChild(expertWorkflow, {
        workflowId: expertWorkflowId(panelId, name, questionId),
        workflowIdReusePolicy: 'REJECT_DUPLICATE',
        parentClosePolicy: 'REQUEST_CANCEL',
        staticSummary: `${name}: ${excerpt(question.text, 120)}`,
        staticDetails: `Round ${question.round} of panel ${panelId}. Responsibility: ${excerpt(responsibility, 300)}`,
        args: [{ ...expertInput, maxOutputTokens: granted.outputTokens - ASSESSMENT_TOKENS }],
      }),
    );
    children.add(child);
    void hear(questionId, child);
    return true;
  }

  /** Waits for an expert; never throws. */
  async function hear(questionId: string, child: BoundedRun<ExpertOutcome>): Promise<void> {
    let outcome: ExpertOutcome;
    try {
      outcome = await child.result;
    } catch (error) {
      outcome = unheard(error, child.isLate());
    }
    children.delete(child);
    usage = addUsage(usage, outcome.usage);
    state = endQuestion(state, questionId, outcome, now());
    for (const callId of waitingCalls.keys()) if (callId.startsWith(`${questionId}/`)) waitingCalls.delete(callId);
    show();
  }

  function expertInputOf(question: AskedQuestion): ExpertInput | undefined {
    const profile = state.experts.find(({ name }) => name === question.expert);
    if (profile === undefined) return undefined;
    const before = state.questions.filter(
      (each) =>
        each.state === 'answered' &&
        (question.after.includes(each.questionId) ||
          // A follow-up goes on from what the expert said itself.
          (each.expert === question.expert && each.round < question.round)),
    );
    const remarks = state.remarks.map((text) => ({ title: 'Remark of the person who gave the task', text }));
    return {
      panelId,
      questionId: question.questionId,
      profile: { ...profile, modelId: profile.modelId ?? input.modelId },
      task: state.task,
      question: question.text,
      material: boundMaterial([...before.map(materialOf), ...remarks]),
      maxOutputTokens: answerTokens,
      deadline: new Date(workUntilMs).toISOString(),
      ...(question.seed !== undefined && { seed: question.seed }),
      userId,
      maxToolCalls: input.maxToolCalls ?? DEFAULT_MAX_TOOL_CALLS,
      approvalSeconds: input.approvalSeconds ?? DEFAULT_APPROVAL_SECONDS,
    };
  }

  /** Waits for a person. Undefined when nobody said anything in time. */
  async function person(asked: Omit<PendingReview, 'reviewId'>): Promise<ReviewDecision | undefined> {
    const untilMs = asked.kind === 'result' ? deadlineMs : workUntilMs;
    const waitMs = Math.min((review.waitSeconds ?? DEFAULT_REVIEW_SECONDS) * 1000, untilMs - Date.now());
    if (waitMs <= 0) return undefined;
    const before = activity;
    pending = { ...asked, reviewId: `${asked.kind}-${++stepCount}` };
    decision = undefined;
    activity = 'awaiting-person';
    show();
    await condition(() => decision !== undefined || isCancelled, waitMs);
    pending = undefined;
    activity = before;
    show();
    return decision;
  }

  async function passOn(call: WaitingCall, word: { approve: boolean; reason?: string }): Promise<void> {
    const [questionId = '', callId = ''] = call.callId.split('/');
    try {
      await getExternalWorkflowHandle(expertWorkflowId(panelId, call.expert, questionId)).signal(expertApprovalSignal, {
        ...word,
        callId,
      });
    } catch (error) {
      throw invalid(`The call of "${call.expert}" waits no more: ${reasonOf(error)}`);
    }
  }

  function finish(ending: Ending): PanelResult {
    activity = 'ended';
    result = panelResult(state, { ...ending, usage, seconds: (Date.now() - startedMs) / 1000 });
    show();
    return result;
  }

  function stop(): void {
    isCancelled = true;
    running?.cancel();
    for (const child of children) child.cancel();
  }

  function whyOver(): Exclude<PanelOutcome, 'complete' | 'no-answers'> | undefined {
    if (isCancelled) return 'cancelled';
    if (isTimeUp || Date.now() >= workUntilMs) return 'deadline';
    return isBudgetOut ? 'budget' : undefined;
  }

  function status(): PanelStatus {
    return panelStatus(state, {
      activity,
      startedAt: new Date(startedMs).toISOString(),
      deadline: new Date(deadlineMs).toISOString(),
      waitingCalls: [...waitingCalls.values()],
      ...(pending && { review: pending }),
    });
  }

  function show(): void {
    setCurrentDetails(panelDetails(status()));
  }

  function refuseEnded(): void {
    if (result !== undefined || isCancelled) throw invalid('The panel has ended. Start a new one.');
  }

  function refuseReview(word: Partial<ReviewDecision> | undefined): void {
    if (pending === undefined) throw invalid('Nothing of this panel waits for a person.');
    if (word?.reviewId !== pending.reviewId) throw invalid(`What waits for a person is ${pending.reviewId}.`);
    if (decision !== undefined) throw invalid('Somebody has answered it already.');
    if (typeof word.approve !== 'boolean') throw invalid('"approve" must be true or false.');
    refuseText(word.text, pending.kind !== 'question' || !word.approve);
    if (word.plan === undefined) return;
    if (pending.kind !== 'plan' || !Array.isArray(word.plan))
      throw invalid('Only a plan can be put in the place of a plan.');
    const names = state.experts.map(({ name }) => name);
    const [fault] = faultsOfPlan(word.plan, names, state.task);
    if (fault !== undefined) throw invalid(fault);
  }
}

function refuseText(text: unknown, isOptional: boolean): void {
  if (text === undefined && isOptional) return;
  if (typeof text !== 'string' || text.trim() === '' || text.length > MAX_REMARK_LENGTH) {
    throw invalid(`"text" must be a text of 1 to ${MAX_REMARK_LENGTH.toLocaleString('en')} characters.`);
  }
}

function planText({ questions }: Plan): string {
  return questions
    .map(
      ({ expert, question, after }) =>
        `${expert}${after.length > 0 ? ` (after ${after.join(', ')})` : ''}: ${question}`,
    )
    .join('\n');
}

/** What came of a question whose expert did not say so itself. */
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

function reasonOf(error: unknown): string {
  const failure = error instanceof ChildWorkflowFailure ? (error.cause ?? error) : error;
  for (let cause = failure; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof ApplicationFailure || !(cause.cause instanceof Error)) return cause.message;
  }
  return String(failure);
}

function invalid(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'InvalidRequest');
}

function now(): string {
  return new Date().toISOString();
}
