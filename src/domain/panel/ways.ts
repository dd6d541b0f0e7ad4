import type { ExpertProfile } from './expert.js';
import type { Way } from './panel.js';
import { answeredQuestions, isOpenQuestion } from './state.js';
import type { PanelState, Question } from './state.js';

/** Next step of a panel. */
export type PanelStep =
  /** The coordinator says who is asked what. */
  | { readonly type: 'plan' }
  /** These are asked, beside those that wait already. */
  | { readonly type: 'ask'; readonly round: number; readonly questions: readonly NewQuestion[] }
  /** The coordinator says whether the answers are enough. */
  | { readonly type: 'judge' }
  /** The coordinator chooses one of the answers. */
  | { readonly type: 'choose' }
  /** The coordinator integrates what there is. */
  | { readonly type: 'synthesise' }
  /** The result is this question's answer as it stands. */
  | { readonly type: 'conclude'; readonly questionId: string }
  /** Nobody answered. */
  | { readonly type: 'give-up' };

export type NewQuestion = Pick<Question, 'expert' | 'text'> & Partial<Pick<Question, 'after' | 'seed'>>;

/** The rule of a way of working together: from what is known to the next step. Always comes to an end. */
export type WayPolicy = (state: PanelState) => PanelStep;

/** Answers to one question of an expert alone, in a vote. */
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
    // One voice alone has nobody to answer to.
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

/** The next step of a panel. Whoever waits to be asked is asked first. */
export function nextStep(state: PanelState): PanelStep {
  if (state.questions.some(isOpenQuestion)) return { type: 'ask', round: state.round, questions: [] };
  return POLICIES[state.way](state);
}

/** What is left to do when time or tokens have run out: the best of what there is. */
export function lastStep(state: PanelState): PanelStep {
  const answered = answeredQuestions(state);
  const last = answered.at(-1);
  if (last === undefined) return { type: 'give-up' };
  if (state.way === 'pipeline') return { type: 'conclude', questionId: last.questionId };
  if (state.way === 'vote') return { type: 'conclude', questionId: state.choice ?? majority(state) ?? last.questionId };
  return { type: 'synthesise' };
}

/** The first answer that more than half of those who answered gave, apart from how it is written; undefined when there is none. */
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

/** Letters and digits alone, in small letters. A text without any is itself. */
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

/** As they are given, but whoever waits for others behind them. */
function inOrder(experts: readonly ExpertProfile[]): readonly ExpertProfile[] {
  const left = [...experts];
  const placed: ExpertProfile[] = [];
  while (left.length > 0) {
    const next = left.findIndex(({ after = [] }) => !after.some((name) => left.some((other) => other.name === name)));
    placed.push(...left.splice(Math.max(0, next), 1));
  }
  return placed;
}
