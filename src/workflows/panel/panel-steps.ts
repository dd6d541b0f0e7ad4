import {
  choiceRequest,
  planRequest,
  synthesisRequest,
  verdictRequest,
} from '../../domain/panel/coordinator-prompts.js';
import { fieldsOf, parsePartialJson } from '../../domain/panel/partial-json.js';
import { orderPlan, parsePlan, repairPlan } from '../../domain/panel/plan.js';
import type { Plan } from '../../domain/panel/plan.js';
import { addNotes, addRemark, answeredQuestions, recordPlan, recordVerdict } from '../../domain/panel/state.js';
import { MAX_REMARK_LENGTH } from '../../domain/panel/status.js';
import { parseVerdict } from '../../domain/panel/verdict.js';
import type { Verdict } from '../../domain/panel/verdict.js';
import type { PanelStep } from '../../domain/panel/ways.js';
import { awaitPerson } from './await-person.js';
import { consultCoordinator } from './consult-coordinator.js';
import type { PanelRun } from './panel-run.js';
import type { PanelEnding } from './panel-run.js';

/** Verdict if the coordinator gave none: the answers stand. */
const NO_VERDICT: Verdict = { enough: true, disagreements: [], followUps: [] };

export async function makePlan(run: PanelRun): Promise<void> {
  run.activity = 'planning';
  const { task, coordinator, review } = run.input;
  const written = await consultCoordinator(run, 'plan', planRequest(run.state, coordinator));
  const names = run.expertNames;
  const parsed = written === undefined ? undefined : parsePlan(written, names, task);
  const plan = orderPlan(parsed ?? repairPlan([], names, task), run.state.experts);
  const word =
    review?.plan === true && run.whyOver() === undefined
      ? await awaitPerson(run, { kind: 'plan', text: planText(plan), plan: plan.questions })
      : undefined;
  if (word !== undefined && !word.approve && run.mayRevise()) {
    if (word.text !== undefined) run.state = addRemark(run.state, word.text);
    return;
  }
  const chosen = word?.plan === undefined ? plan : repairPlan(word.plan, names, task);
  run.state = addNotes(recordPlan(run.state, chosen), chosen.repairs);
}

export async function judge(run: PanelRun): Promise<void> {
  run.activity = 'judging';
  const mayAsk = run.input.review?.questions === true;
  const written = await consultCoordinator(run, 'verdict', verdictRequest(run.state, run.input.coordinator, mayAsk));
  const parsed = written === undefined ? undefined : parseVerdict(written, run.expertNames, run.state.questions);
  const verdict = parsed ?? NO_VERDICT;
  run.state = recordVerdict(run.state, verdict);
  if (verdict.askPerson === undefined || run.whyOver() !== undefined) return;
  const word = await awaitPerson(run, { kind: 'question', text: verdict.askPerson });
  if (word?.text !== undefined && word.approve) {
    run.state = addRemark(run.state, `${verdict.askPerson} – ${word.text}`.slice(0, MAX_REMARK_LENGTH));
  }
}

export async function choose(run: PanelRun): Promise<void> {
  run.activity = 'choosing';
  const answers = answeredQuestions(run.state);
  const written = await consultCoordinator(run, 'choice', choiceRequest(run.state, run.input.coordinator));
  const best = Number(fieldsOf(parsePartialJson(written ?? '')).best);
  const chosen = answers[best - 1] ?? answers[0];
  if (chosen === undefined) return;
  if (answers[best - 1] === undefined)
    run.state = addNotes(run.state, ['The coordinator chose no answer: the first one stands.']);
  run.state = { ...run.state, choice: chosen.questionId };
}

export async function conclude(run: PanelRun, step: PanelStep): Promise<Omit<PanelEnding, 'outcome'>> {
  if (step.type === 'give-up') return { conclusion: '' };
  if (step.type === 'conclude') {
    const chosen = run.state.questions.find(({ questionId }) => questionId === step.questionId);
    return { conclusion: chosen?.outcome?.text ?? '', conclusionBy: chosen?.expert };
  }
  if (run.isCancelled) return { conclusion: '' };
  run.activity = 'synthesising';
  const conclusion = await consultCoordinator(run, 'synthesis', synthesisRequest(run.state, run.input.coordinator));
  return conclusion === undefined || conclusion === ''
    ? { conclusion: '' }
    : { conclusion, conclusionBy: run.coordinatorName };
}

function planText({ questions }: Plan): string {
  return questions
    .map(
      ({ expert, question, after }) =>
        `${expert}${after.length > 0 ? ` (after ${after.join(', ')})` : ''}: ${question}`,
    )
    .join('\n');
}
