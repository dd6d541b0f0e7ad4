import { isCancellation, log } from '@temporalio/workflow';
import { NO_USAGE } from '../../domain/session/conversation.js';
import { estimateTokens, reserve, settle } from '../../domain/panel/budget.js';
import type { CoordinatorRequest } from '../../domain/panel/coordinator-prompts.js';
import { DEFAULT_EXPERT_ATTEMPTS } from '../../domain/panel/expert.js';
import { tokensOf } from '../../domain/panel/panel.js';
import { panelWorkflowId } from '../../domain/panel/panel-id.js';
import { renderPrompt } from '../../domain/panel/prompt.js';
import { addNotes } from '../../domain/panel/state.js';
import { excerpt } from '../../domain/text.js';
import { writeStep } from '../answer/complete-prompt.js';
import { runUntil } from '../run-until.js';
import type { PanelRun } from './panel-run.js';
import { reasonOf } from './reason-of.js';

/** Time for a step to end by itself after it was asked to. */
const GRACE_MS = 2_000;

/** Steps of the coordinator. */
export type CoordinatorStep = 'plan' | 'verdict' | 'choice' | 'synthesis';

/** Asks the coordinator's model. Undefined if it gave no result; the panel then continues without one. */
export async function consultCoordinator(
  run: PanelRun,
  what: CoordinatorStep,
  { prompt, schema, maxOutputTokens }: CoordinatorRequest,
): Promise<string | undefined> {
  const { input, coordinatorName, userId } = run;
  const { coordinator, panelId } = input;
  const { tokenBudget } = run.state.limits;
  const untilMs = what === 'synthesis' ? run.deadlineMs : run.workUntilMs;
  run.show();
  const stepId = `step ${run.nextStepNumber()}`;
  const granted = reserve(run.state.budget, stepId, {
    inputTokens: tokenBudget === undefined ? 0 : estimateTokens(prompt.persona, renderPrompt(prompt)),
    outputTokens: maxOutputTokens,
    keepBack: what === 'synthesis' ? 0 : run.keepBack,
  });
  if (granted === undefined) {
    // There may still be enough tokens for experts.
    if (what !== 'plan') run.isBudgetOut = true;
    run.state = addNotes(run.state, [`Too few tokens were left for the ${what} of the coordinator.`]);
    return undefined;
  }
  run.state = { ...run.state, budget: granted.budget };
  const { round } = run.state;
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
      { summary: `${coordinatorName}: ${what}${round > 0 ? ` of round ${round}` : ''}`, userId },
    ),
  );
  run.running = step;
  if (run.isCancelled) step.cancel();
  try {
    const output = await step.result;
    spent = output.usage;
    return output.text.trim();
  } catch (error) {
    // The whole workflow is cancelled, not only this step.
    if (isCancellation(error) && !step.isLate() && !run.isCancelled) throw error;
    const reason = isCancellation(error) ? 'its time was up' : reasonOf(error);
    log.warn('The coordinator gave nothing', { what, reason });
    run.state = addNotes(run.state, [`The coordinator gave no ${what}: ${excerpt(reason, 300)}`]);
    return undefined;
  } finally {
    run.running = undefined;
    run.spend(spent);
    run.state = { ...run.state, budget: settle(run.state.budget, stepId, tokensOf(spent)) };
    run.show();
  }
}
