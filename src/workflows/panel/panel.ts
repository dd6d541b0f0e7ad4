import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { PanelInput } from '../../domain/panel/panel.js';
import type { PanelOutcome, PanelResult } from '../../domain/panel/result.js';
import { addRemark, askQuestions, skipWaiting } from '../../domain/panel/state.js';
import { lastStep, nextStep } from '../../domain/panel/ways.js';
import type { PanelStep } from '../../domain/panel/ways.js';
import { askExperts } from './ask-experts.js';
import { awaitPerson } from './await-person.js';
import { handlePanelMessages } from './handle-messages.js';
import { PanelRun } from './panel-run.js';
import type { PanelEnding } from './panel-run.js';
import { choose, conclude, judge, makePlan } from './panel-steps.js';

/**
 * Runs one task with a coordinator and experts. The rule of its way (`domain/panel/ways.ts`) decides the next step. A completed step is in the history
 * and is not repeated. A panel that has begun always ends with a result.
 */
export async function panelWorkflow(input: PanelInput): Promise<PanelResult> {
  const run = new PanelRun(input);

  handlePanelMessages(run);
  const clock = new CancellationScope();
  void watchClock(run, clock);
  try {
    const ending = await work(run);
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
}

async function watchClock(run: PanelRun, clock: CancellationScope): Promise<void> {
  try {
    await clock.run(() => sleep(Math.max(1, run.workUntilMs - Date.now())));
    run.isTimeUp = true;
  } catch {
    // The panel ended in time.
  }
}

async function work(run: PanelRun): Promise<PanelEnding> {
  run.show();
  for (;;) {
    const over = run.whyOver();
    if (over !== undefined) run.state = skipWaiting(run.state);
    const step = over === undefined ? nextStep(run.state) : lastStep(run.state);
    if (step.type === 'synthesise' || step.type === 'conclude' || step.type === 'give-up') {
      const ending = await conclude(run, step);
      const outcome: PanelOutcome = step.type === 'give-up' ? 'no-answers' : (over ?? 'complete');
      const word =
        run.input.review?.result === true && !run.isCancelled
          ? await awaitPerson(run, { kind: 'result', text: ending.conclusion })
          : undefined;
      if (word === undefined || word.approve || !run.mayRevise()) {
        return { ...ending, outcome: run.isCancelled ? 'cancelled' : outcome };
      }
      if (word.text !== undefined) run.state = addRemark(run.state, word.text);
      continue;
    }
    await take(run, step);
  }
}

async function take(
  run: PanelRun,
  step: Exclude<PanelStep, { type: 'synthesise' | 'conclude' | 'give-up' }>,
): Promise<void> {
  switch (step.type) {
    case 'plan':
      return makePlan(run);
    case 'ask':
      run.state = askQuestions(run.state, step.round, step.questions);
      return askExperts(run);
    case 'judge':
      return judge(run);
    case 'choose':
      return choose(run);
  }
}
