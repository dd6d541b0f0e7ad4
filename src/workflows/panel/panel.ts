import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import {
  choiceRequest,
  planRequest,
  synthesisRequest,
  verdictRequest,
} from '../../domain/panel/coordinator-prompts.js';
import type { PanelInput } from '../../domain/panel/panel.js';
import { fieldsOf, parsePartialJson } from '../../domain/panel/partial-json.js';
import { orderPlan, parsePlan, repairPlan } from '../../domain/panel/plan.js';
import type { Plan } from '../../domain/panel/plan.js';
import type { PanelOutcome, PanelResult } from '../../domain/panel/result.js';
import {
  addNotes,
  addRemark,
  answeredQuestions,
  askQuestions,
  recordPlan,
  recordVerdict,
  skipWaiting,
} from '../../domain/panel/state.js';
import { MAX_REMARK_LENGTH } from '../../domain/panel/status.js';
import { parseVerdict } from '../../domain/panel/verdict.js';
import type { Verdict } from '../../domain/panel/verdict.js';
import { lastStep, nextStep } from '../../domain/panel/ways.js';
import type { PanelStep } from '../../domain/panel/ways.js';
import { askExperts } from './ask-experts.js';
import { awaitPerson } from './await-person.js';
import { consultCoordinator } from './consult-coordinator.js';
import { handlePanelMessages } from './handle-messages.js';
import { PanelRun } from './panel-run.js';
import type { PanelEnding } from './panel-run.js';

/** Maximum number of plans, so that a person who never approves does not keep a panel open forever. */
const MAX_REVISIONS = 3;
/** Verdict if the coordinator gave none: the answers stand. */
const NO_VERDICT: Verdict = { enough: true, disagreements: [], followUps: [] };

/**
 * Runs one task with a coordinator and experts. The rule of its way (`domain/panel/ways.ts`) decides the next step. A completed step is in the history
 * and is not repeated. A panel that has begun always ends with a result.
 */
export async function panelWorkflow(input: PanelInput): Promise<PanelResult> {
  const { coordinator, review = {} } = input;
  const run = new PanelRun(input);
  let revisions = 0;

  handlePanelMessages(run);
  const clock = new CancellationScope();
  void watchClock();
  try {
    const ending = await work();
    clock.cancel();
    return run.finish(ending);
  } catch (error) {
    clock.cancel();
    if (!isCancellation(error)) throw error;
    // Cancelled from outside: the panel ends, and its result so far stays readable.
    run.stop();
    run.finish({ outcome: 'cancelled', conclusion: '' });
    throw error;
  }

  async function watchClock(): Promise<void> {
    try {
      await clock.run(() => sleep(Math.max(1, run.workUntilMs - Date.now())));
      run.isTimeUp = true;
    } catch {
      // The panel ended in time.
    }
  }

  async function work(): Promise<PanelEnding> {
    run.show();
    for (;;) {
      const over = run.whyOver();
      if (over !== undefined) run.state = skipWaiting(run.state);
      const step = over === undefined ? nextStep(run.state) : lastStep(run.state);
      if (step.type === 'synthesise' || step.type === 'conclude' || step.type === 'give-up') {
        const ending = await conclude(step);
        const outcome: PanelOutcome = step.type === 'give-up' ? 'no-answers' : (over ?? 'complete');
        const word =
          review.result === true && !run.isCancelled
            ? await awaitPerson(run, { kind: 'result', text: ending.conclusion })
            : undefined;
        if (word === undefined || word.approve || revisions++ >= MAX_REVISIONS) {
          return { ...ending, outcome: run.isCancelled ? 'cancelled' : outcome };
        }
        if (word.text !== undefined) run.state = addRemark(run.state, word.text);
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
        run.state = askQuestions(run.state, step.round, step.questions);
        return askExperts(run);
      case 'judge':
        return judge();
      case 'choose':
        return choose();
    }
  }

  async function makePlan(): Promise<void> {
    run.activity = 'planning';
    const { task } = input;
    const written = await consultCoordinator(run, 'plan', planRequest(run.state, coordinator));
    const names = run.expertNames;
    const parsed = written === undefined ? undefined : parsePlan(written, names, task);
    const plan = orderPlan(parsed ?? repairPlan([], names, task), run.state.experts);
    const word =
      review.plan === true && run.whyOver() === undefined
        ? await awaitPerson(run, { kind: 'plan', text: planText(plan), plan: plan.questions })
        : undefined;
    if (word !== undefined && !word.approve && revisions++ < MAX_REVISIONS) {
      if (word.text !== undefined) run.state = addRemark(run.state, word.text);
      return;
    }
    const chosen = word?.plan === undefined ? plan : repairPlan(word.plan, names, task);
    run.state = addNotes(recordPlan(run.state, chosen), chosen.repairs);
  }

  async function judge(): Promise<void> {
    run.activity = 'judging';
    const mayAsk = review.questions === true;
    const written = await consultCoordinator(run, 'verdict', verdictRequest(run.state, coordinator, mayAsk));
    const parsed = written === undefined ? undefined : parseVerdict(written, run.expertNames, run.state.questions);
    const verdict = parsed ?? NO_VERDICT;
    run.state = recordVerdict(run.state, verdict);
    if (verdict.askPerson === undefined || run.whyOver() !== undefined) return;
    const word = await awaitPerson(run, { kind: 'question', text: verdict.askPerson });
    if (word?.text !== undefined && word.approve) {
      run.state = addRemark(run.state, `${verdict.askPerson} – ${word.text}`.slice(0, MAX_REMARK_LENGTH));
    }
  }

  async function choose(): Promise<void> {
    run.activity = 'choosing';
    const answers = answeredQuestions(run.state);
    const written = await consultCoordinator(run, 'choice', choiceRequest(run.state, coordinator));
    const best = Number(fieldsOf(parsePartialJson(written ?? '')).best);
    const chosen = answers[best - 1] ?? answers[0];
    if (chosen === undefined) return;
    if (answers[best - 1] === undefined)
      run.state = addNotes(run.state, ['The coordinator chose no answer: the first one stands.']);
    run.state = { ...run.state, choice: chosen.questionId };
  }

  async function conclude(step: PanelStep): Promise<Omit<PanelEnding, 'outcome'>> {
    if (step.type === 'give-up') return { conclusion: '' };
    if (step.type === 'conclude') {
      const chosen = run.state.questions.find(({ questionId }) => questionId === step.questionId);
      return { conclusion: chosen?.outcome?.text ?? '', conclusionBy: chosen?.expert };
    }
    if (run.isCancelled) return { conclusion: '' };
    run.activity = 'synthesising';
    const conclusion = await consultCoordinator(run, 'synthesis', synthesisRequest(run.state, coordinator));
    return conclusion === undefined || conclusion === ''
      ? { conclusion: '' }
      : { conclusion, conclusionBy: run.coordinatorName };
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
