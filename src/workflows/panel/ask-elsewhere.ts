import { proxyActivities } from '@temporalio/workflow';
import type { RemoteExpertActivities } from '../../activities/panel/remote-expert.js';
import { DEFAULT_REMOTE_ATTEMPTS } from '../../domain/panel/expert.js';
import { answerPrompt } from '../../domain/panel/expert-question.js';
import type { ExpertInput } from '../../domain/panel/expert-question.js';
import { expertWorkflowId } from '../../domain/panel/panel-id.js';
import { renderPrompt } from '../../domain/panel/prompt.js';
import { TOOLS_TASK_QUEUE } from '../../domain/task-queues.js';
import { excerpt } from '../../domain/text.js';

/** Added to the expert's own time limit, whose error message is more specific. */
const SPARE_MS = 10_000;

/**
 * Asks a remote expert. Each attempt has the same key, so an expert that was asked before continues its work or already has the answer. Failures of the
 * call are passed on once its attempts are used up.
 */
export async function askElsewhere(input: ExpertInput, url: string, deadlineMs: number): Promise<string> {
  const { panelId, questionId, question, profile } = input;
  const { name, maxAttempts = DEFAULT_REMOTE_ATTEMPTS } = profile;
  const { askRemoteExpert } = proxyActivities<RemoteExpertActivities>({
    taskQueue: TOOLS_TASK_QUEUE,
    summary: `${name} at ${url}: ${excerpt(question, 120)}`,
    startToCloseTimeout: Math.max(1, deadlineMs - Date.now()) + SPARE_MS,
    heartbeatTimeout: '6 seconds',
    retry: {
      initialInterval: '1 second',
      backoffCoefficient: 2,
      maximumInterval: '10 seconds',
      maximumAttempts: maxAttempts,
    },
  });
  const intent = renderPrompt(answerPrompt(input));
  const { response } = await askRemoteExpert({
    url,
    intent,
    idempotencyKey: expertWorkflowId(panelId, name, questionId),
  });
  return response;
}
