import type { ExpertProfile } from './expert.js';
import type { Way } from './panel.js';
import { answeredQuestions, isOpenQuestion } from './state.js';
import type { PanelState, Question } from './state.js';

/** Next step of a panel. */
export type PanelStep =
  /** The coordinator decides on the questions and the experts. */
  | { readonly type: 'plan' }
  /** These questions are asked, in addition to those that are already waiting. */
  | { readonly type: 'ask'; readonly round: number; readonly questions: readonly NewQuestion[] }
  /** The coordinator judges whether the answers are enough. */
  | { readonly type: 'judge' }
  /** The coordinator chooses one of the answers. */
  | { readonly type: 'choose' }
  /** The coordinator integrates the answers. */
  | { readonly type: 'synthesise' }
  /** The result is the unchanged answer to this question. */
  | { readonly type: 'conclude'; readonly questionId: string }
  /** No expert answered. */
  | { readonly type: 'give-up' };

export type NewQuestion = Pick<Question, 'expert' | 'text'> & Partial<Pick<Question, 'after' | 'seed'>>;

/** The policy of a way of working together: determines the next step from the state. Always comes to an end. */
export type WayPolicy = (state: PanelState) => PanelStep;

/** Number of answers to one question in a vote with a single expert. */
const LONE_VOTES = 3;

const POLICIES: Readonly<Record<Way, WayPolicy>> = {
  coordinator(state) {
    const { plan, round, verdicts, limits } = state;
    if (round === 0) {
      if (plan === undefined) return { type: 'plan' };
      return { type: 'ask', round: 1, questions: plannedQuestions(state) };
    }
    if (verdicts.length < round && answeredQuestions(state).length > 0) return { type: 'judge' };
    const { enough = true, followUps = [] } = verdicts.at(-1) ?? {};
    if (!enough && followUps.length > 0 && round < limits.rounds) {
      return {
        type: 'ask',
        round: round + 1,
        questions: followUps.map(({ expert, question }) => ({ expert, text: question })),
      };
    }
    return lastStep(state);
  },
  pipeline(state) {
    if (state.round === 0) {
      const questions = inOrder(state.experts).map(({ name }, index) => ({
        expert: name,
        text: state.task,
        after: index === 0 ? [] : [`1.${index}`],
      }));
      return { type: 'ask', round: 1, questions };
    }
    const last = answeredQuestions(state).at(-1);
    return last === undefined ? { type: 'give-up' } : { type: 'conclude', questionId: last.questionId };
  },
  debate(state) {
    const { round, limits, verdicts, experts } = state;
    if (round === 0) return askAll(state, 1, state.task);
    const answered = new Set(answeredQuestions(state).map(({ expert }) => expert));
    // With only one answer, there is nothing to respond to.
    if (round < limits.rounds && answered.size > 1) {
      const before = answeredQuestions(state).filter((question) => question.round === round);
      return {
        type: 'ask',
        round: round + 1,
        questions: experts
          .filter(({ name }) => answered.has(name))
          .map(({ name }) => ({
            expert: name,
            text: state.task,
            after: before.filter(({ expert }) => expert !== name).map(({ questionId }) => questionId),
          })),
      };
    }
    return verdicts.length === 0 && answered.size > 1 ? { type: 'judge' } : lastStep(state);
  },
  vote(state) {
    if (state.round === 0) {
      const [lone] = state.experts;
      if (state.experts.length > 1 || lone === undefined) return askAll(state, 1, state.task);
      const questions = Array.from({ length: LONE_VOTES }, (_, index) => ({
        expert: lone.name,
        text: state.task,
        seed: index + 1,
      }));
      return { type: 'ask', round: 1, questions };
    }
    if (state.choice !== undefined) return { type: 'conclude', questionId: state.choice };
    const winner = majority(state);
    if (winner !== undefined) return { type: 'conclude', questionId: winner };
    return answeredQuestions(state).length === 0 ? { type: 'give-up' } : { type: 'choose' };
  },
};

/** The next step of a panel. Open questions come first. */
export function nextStep(state: PanelState): PanelStep {
  if (state.questions.some(isOpenQuestion)) return { type: 'ask', round: state.round, questions: [] };
  return POLICIES[state.way](state);
}

/** The last step when time or tokens have run out, for the best result possible. */
export function lastStep(state: PanelState): PanelStep {
  const answered = answeredQuestions(state);
  const last = answered.at(-1);
  if (last === undefined) return { type: 'give-up' };
  if (state.way === 'pipeline') return { type: 'conclude', questionId: last.questionId };
  if (state.way === 'vote') return { type: 'conclude', questionId: state.choice ?? majority(state) ?? last.questionId };
  return { type: 'synthesise' };
}

/**
 * Id of the first question whose answer was given by more than half of those who answered, ignoring spelling differences of case and
 * punctuation; undefined if there is none.
 */
export function majority(state: PanelState): string | undefined {
  const answered = answeredQuestions(state);
  const votes = new Map<string, { readonly questionId: string; count: number }>();
  for (const { questionId, outcome } of answered) {
    const key = voteKey(outcome?.text ?? '');
    const known = votes.get(key) ?? { questionId, count: 0 };
    known.count++;
    votes.set(key, known);
  }
  return [...votes.values()].find(({ count }) => count * 2 > answered.length)?.questionId;
}

/** Only letters and digits, in lower case. A text without any stays as it is. */
function voteKey(text: string): string {
  const key = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
  return key === '' ? text : key;
}

function plannedQuestions({ plan, task, added }: PanelState): NewQuestion[] {
  const planned = plan?.questions ?? [];
  const ids = new Map(planned.map(({ expert }, index) => [expert, `1.${index + 1}`]));
  const forgotten = added.filter((name) => !ids.has(name)).map((expert) => ({ expert, text: task }));
  return [
    ...planned.map(({ expert, question, after }) => ({
      expert,
      text: question,
      after: after.flatMap((name) => ids.get(name) ?? []),
    })),
    ...forgotten,
  ];
}

function askAll({ experts }: PanelState, round: number, text: string): PanelStep {
  const ids = new Map(experts.map(({ name }, index) => [name, `${round}.${index + 1}`]));
  const questions = experts.map(({ name, after = [] }) => ({
    expert: name,
    text,
    after: after.flatMap((other) => ids.get(other) ?? []),
  }));
  return { type: 'ask', round, questions };
}

/** The experts in the given order, except that an expert comes after those that it waits for. */
function inOrder(experts: readonly ExpertProfile[]): readonly ExpertProfile[] {
  const left = [...experts];
  const placed: ExpertProfile[] = [];
  while (left.length > 0) {
    const next = left.findIndex(({ after = [] }) => !after.some((name) => left.some((other) => other.name === name)));
    placed.push(...left.splice(Math.max(0, next), 1));
  }
  return placed;
}
