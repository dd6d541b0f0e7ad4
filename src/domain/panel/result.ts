import type { Usage } from '../session/conversation.js';
import type { Confidence } from './assessment.js';
import type { Way } from './panel.js';
import { answeredQuestions } from './state.js';
import type { AskedQuestion, PanelState } from './state.js';
import type { Disagreement } from './verdict.js';

/** How a panel ended. `no-answers`: no expert answered. All others except `complete` end with the best result so far. */
export type PanelOutcome = 'complete' | 'deadline' | 'budget' | 'cancelled' | 'no-answers';

export interface PanelResult {
  readonly panelId: string;
  readonly task: string;
  readonly way: Way;
  readonly outcome: PanelOutcome;
  /** The answer to the task. Empty if no expert answered. */
  readonly conclusion: string;
  /** Author of the conclusion: the coordinator, or an expert. Missing: there is none, and the contributions have to be read instead. */
  readonly conclusionBy?: string;
  /** Contributions of the experts, in the order in which they were asked. */
  readonly contributions: readonly Contribution[];
  readonly disagreements: readonly Disagreement[];
  /** Questions without an answer, with the reason; includes experts that were never asked. */
  readonly absent: readonly Absence[];
  readonly remarks: readonly string[];
  /** Repairs and omissions on the way. */
  readonly notes: readonly string[];
  readonly rounds: number;
  readonly tokens: { readonly spent: number; readonly budget?: number };
  readonly usage: Usage;
  readonly seconds: number;
}

export interface Contribution {
  readonly expert: string;
  readonly questionId: string;
  readonly round: number;
  readonly question: string;
  readonly text: string;
  readonly confidence: Confidence;
  readonly sources: readonly string[];
  /** Documents from its knowledge bases whose passages it was given. */
  readonly documents?: readonly string[];
}

export interface Absence {
  readonly expert: string;
  /** Missing: the expert was never asked. */
  readonly question?: string;
  readonly state: Exclude<AskedQuestion['state'], 'waiting' | 'asking' | 'answered'> | 'not-asked';
  readonly reason: string;
}

/** Maximum characters of all contributions together: a result is sent in one piece, and Temporal accepts 2 MiB. */
const MAX_RESULT_CHARACTERS = 400_000;

export function panelResult(
  state: PanelState,
  ending: Pick<PanelResult, 'outcome' | 'conclusion' | 'conclusionBy' | 'usage' | 'seconds'>,
): PanelResult {
  const answered = answeredQuestions(state);
  const share = Math.floor(MAX_RESULT_CHARACTERS / Math.max(1, state.questions.length));
  const { limit } = state.budget;
  return {
    panelId: state.panelId,
    task: state.task,
    way: state.way,
    ...ending,
    contributions: answered.map(({ expert, questionId, round, text, outcome }) => ({
      expert,
      questionId,
      round,
      question: text,
      text: (outcome?.text ?? '').slice(0, share).replace(/[\uD800-\uDBFF]$/u, ''),
      confidence: outcome?.confidence ?? 'unknown',
      sources: outcome?.sources ?? [],
      ...(outcome?.documents && { documents: outcome.documents }),
    })),
    disagreements: disagreementsOf(state),
    absent: absencesOf(state),
    remarks: state.remarks,
    notes: state.notes,
    rounds: state.round,
    tokens: { spent: state.budget.spent, ...(limit !== undefined && { budget: limit }) },
  };
}

/** Each disagreement once, however often it was found. */
function disagreementsOf({ verdicts }: PanelState): Disagreement[] {
  const known = new Map<string, Disagreement>();
  for (const { disagreements } of verdicts) {
    for (const each of disagreements) known.set(`${each.between.toSorted().join()}\n${each.about}`, each);
  }
  return [...known.values()];
}

function absencesOf({ questions, experts }: PanelState): Absence[] {
  const unanswered = questions.flatMap(({ expert, text, state, outcome }): Absence[] =>
    state === 'answered'
      ? []
      : [
          {
            expert,
            question: text,
            state: state === 'waiting' || state === 'asking' ? 'cancelled' : state,
            reason: outcome?.reason ?? 'The panel came to its end before it was asked.',
          },
        ],
  );
  const asked = new Set(questions.map(({ expert }) => expert));
  const unasked = experts
    .filter(({ name }) => !asked.has(name))
    .map(({ name }): Absence => ({
      expert: name,
      state: 'not-asked',
      reason: 'The coordinator had no question to it.',
    }));
  return [...unanswered, ...unasked];
}
