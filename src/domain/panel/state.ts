import type { FinishReason, Usage } from '../session/conversation.js';
import type { ToolCall } from '../tools/tool-call.js';
import type { Confidence } from './assessment.js';
import { newBudget, settle } from './budget.js';
import type { TokenBudget } from './budget.js';
import type { ExpertProfile } from './expert.js';
import { resolveLimits, tokensOf } from './panel.js';
import type { PanelInput, ResolvedLimits, Way } from './panel.js';
import type { Plan } from './plan.js';
import type { Verdict } from './verdict.js';

/** One question to one expert. */
export interface Question {
  /** `ROUND.NUMBER`: unique in the panel. */
  readonly questionId: string;
  readonly round: number;
  readonly expert: string;
  readonly text: string;
  /** Questions of the panel that must have ended first; their answers are given along with this one. */
  readonly after: readonly string[];
  /** Overrides the seed of the expert's decoding if several answers to one question are wanted. */
  readonly seed?: number;
}

/**
 * `waiting` and `asking` are open, the others final. `declined`: outside the expert's responsibility; `late`: no answer in time; `skipped`:
 * never asked, because the panel ended.
 */
export type QuestionState =
  'waiting' | 'asking' | 'answered' | 'declined' | 'failed' | 'late' | 'cancelled' | 'skipped';

/** Outcome of a question. */
export interface ExpertOutcome {
  readonly state: Exclude<QuestionState, 'waiting' | 'asking' | 'skipped'>;
  /** Text of the answer; for a declined question, the expert's text in spite of that. */
  readonly text?: string;
  readonly finishReason?: FinishReason;
  readonly confidence?: Confidence;
  readonly sources?: readonly string[];
  /** Documents from its knowledge bases whose passages it was given. */
  readonly documents?: readonly string[];
  readonly toolCalls?: readonly ToolCall[];
  /** Why there is no answer, on one line. */
  readonly reason?: string;
  /** A `FailureType`, if it failed. */
  readonly failureType?: string;
  readonly modelId?: string;
  readonly usage: Usage;
}

export interface AskedQuestion extends Question {
  readonly state: QuestionState;
  readonly outcome?: ExpertOutcome;
  /** ISO 8601, the workflow's clock. */
  readonly startedAt?: string;
  readonly endedAt?: string;
}

/** State of a panel, from which all its decisions follow. */
export interface PanelState {
  readonly panelId: string;
  readonly task: string;
  readonly way: Way;
  readonly limits: ResolvedLimits;
  readonly experts: readonly ExpertProfile[];
  /** Names of the experts that joined while the panel ran. */
  readonly added: readonly string[];
  /** 0 before the first question. */
  readonly round: number;
  readonly plan?: Plan;
  readonly questions: readonly AskedQuestion[];
  /** One for each round, if the way has them. */
  readonly verdicts: readonly Verdict[];
  /** In a vote, id of the question whose answer was chosen. */
  readonly choice?: string;
  /** Remarks that people made while the panel ran. */
  readonly remarks: readonly string[];
  readonly budget: TokenBudget;
  /** Repairs and omissions, one line each, for the reader of the result. */
  readonly notes: readonly string[];
}

export function newPanel(input: PanelInput): PanelState {
  const limits = resolveLimits(input);
  return {
    panelId: input.panelId,
    task: input.task,
    way: input.way ?? 'coordinator',
    limits,
    experts: input.experts,
    added: [],
    round: 0,
    questions: [],
    verdicts: [],
    remarks: [],
    budget: newBudget(limits.tokenBudget),
    notes: [],
  };
}

export function isOpenQuestion({ state }: AskedQuestion): boolean {
  return state === 'waiting' || state === 'asking';
}

/** Questions with an answer that counts, in the order in which they were asked. */
export function answeredQuestions({ questions }: PanelState): AskedQuestion[] {
  return questions.filter(({ state }) => state === 'answered');
}

/** Adds questions as a round. */
export function askQuestions(
  state: PanelState,
  round: number,
  given: readonly (Omit<Question, 'questionId' | 'round' | 'after'> & { readonly after?: readonly string[] })[],
): PanelState {
  const inRound = state.questions.filter((question) => question.round === round).length;
  const questions = given.map((question, index): AskedQuestion => ({
    ...question,
    questionId: `${round}.${inRound + index + 1}`,
    round,
    after: question.after ?? [],
    state: 'waiting',
  }));
  return { ...state, round: Math.max(state.round, round), questions: [...state.questions, ...questions] };
}

/** Questions that do not wait for others, as many as may be asked now. */
export function readyQuestions({ questions, limits }: PanelState): AskedQuestion[] {
  const asking = questions.filter(({ state }) => state === 'asking').length;
  const open = new Set(questions.filter(isOpenQuestion).map(({ questionId }) => questionId));
  return questions
    .filter(({ state, after }) => state === 'waiting' && !after.some((id) => open.has(id)))
    .slice(0, Math.max(0, limits.expertsAtOnce - asking));
}

export function startQuestion(state: PanelState, questionId: string, at: string): PanelState {
  return changeQuestion(state, questionId, { state: 'asking', startedAt: at });
}

export function endQuestion(state: PanelState, questionId: string, outcome: ExpertOutcome, at: string): PanelState {
  const ended = changeQuestion(state, questionId, { state: outcome.state, outcome, endedAt: at });
  return { ...ended, budget: settle(ended.budget, questionId, tokensOf(outcome.usage)) };
}

/** Skips all waiting questions. */
export function skipWaiting(state: PanelState): PanelState {
  const questions = state.questions.map((question): AskedQuestion =>
    question.state === 'waiting' ? { ...question, state: 'skipped' } : question,
  );
  return { ...state, questions };
}

/** Adds an expert to a running panel. It is asked the task, in addition to the questions to the others. */
export function addExpert(state: PanelState, profile: ExpertProfile): PanelState {
  const joined = { ...state, experts: [...state.experts, profile], added: [...state.added, profile.name] };
  if (state.round === 0) return joined;
  const last = state.questions.at(-1);
  const after = state.way === 'pipeline' && last !== undefined ? [last.questionId] : [];
  return askQuestions(joined, state.round, [{ expert: profile.name, text: state.task, after }]);
}

export function addRemark(state: PanelState, remark: string): PanelState {
  return { ...state, remarks: [...state.remarks, remark] };
}

export function addNotes(state: PanelState, notes: readonly string[]): PanelState {
  return notes.length === 0 ? state : { ...state, notes: [...state.notes, ...notes] };
}

export function recordPlan(state: PanelState, plan: Plan): PanelState {
  return { ...state, plan };
}

export function recordVerdict(state: PanelState, verdict: Verdict): PanelState {
  return { ...state, verdicts: [...state.verdicts, verdict] };
}

function changeQuestion(state: PanelState, questionId: string, change: Partial<AskedQuestion>): PanelState {
  const questions = state.questions.map((each) => (each.questionId === questionId ? { ...each, ...change } : each));
  return { ...state, questions };
}
