import { isCancellation, log, setCurrentDetails, setHandler } from '@temporalio/workflow';
import type { ExpertInput } from '../../domain/panel/expert-question.js';
import { expertDetails } from '../../domain/panel/expert-details.js';
import type { ExpertOutcome } from '../../domain/panel/state.js';
import { expertApprovalSignal } from './panel-messages.js';
import { runUntil } from '../run-until.js';
import { ExpertRun } from './expert-run.js';
import { answerQuestion, failureOf } from './answer-question.js';

/** Extra time, in ms, for the text to arrive. The model itself ends at the deadline. */
const GRACE_MS = 1_000;

/**
 * Asks one expert one question: tool calls, the answer, and the expert's assessment of its answer. Foreseeable failures are part of the outcome, and the
 * panel continues.
 */
export async function expertWorkflow(input: ExpertInput): Promise<ExpertOutcome> {
  const run = new ExpertRun(input);
  setHandler(expertApprovalSignal, (word) => void run.approvals.set(word.callId, word), {
    description: 'The panel’s decision on a tool call',
  });
  setCurrentDetails(expertDetails(input, 'Answering'));

  run.work = runUntil(run.deadlineMs + GRACE_MS, () => answerQuestion(run));
  try {
    const ended = await run.work.result;
    setCurrentDetails(expertDetails(input, ended.state, { text: run.text, reason: ended.reason }));
    return ended;
  } catch (error) {
    return failed(run, error);
  }
}

function failed(run: ExpertRun, error: unknown): ExpertOutcome {
  const { input, text } = run;
  if (text !== undefined && text !== '') return run.outcome('answered');
  if (run.isLate) return run.outcome('late', `It had no answer within ${run.timeoutText()}.`);
  if (isCancellation(error)) return run.outcome('cancelled', 'It was stopped before it had an answer.');
  const { type, message } = failureOf(error);
  log.warn('Expert failed', { expert: input.profile.name, type, reason: message });
  setCurrentDetails(expertDetails(input, 'failed', { reason: message }));
  return { ...run.outcome('failed', message), ...(type !== undefined && { failureType: type }) };
}
