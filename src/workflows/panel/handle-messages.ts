import { getExternalWorkflowHandle, setHandler } from '@temporalio/workflow';
import { refusalOfApproval } from '../../domain/session/approval.js';
import { MAX_EXPERTS } from '../../domain/panel/panel.js';
import { expertWorkflowId } from '../../domain/panel/panel-id.js';
import { faultsOfPlan } from '../../domain/panel/plan.js';
import { addExpert, addRemark } from '../../domain/panel/state.js';
import type { ReviewDecision, WaitingCall } from '../../domain/panel/status.js';
import {
  addExpertUpdate,
  addRemarkUpdate,
  cancelPanelSignal,
  expertApprovalSignal,
  expertCallSignal,
  getPanelResultQuery,
  getPanelStatusQuery,
  resolvePanelApprovalUpdate,
  resolveReviewUpdate,
} from './panel-messages.js';
import { invalid } from './panel-run.js';
import type { PanelRun } from './panel-run.js';
import { reasonOf } from './reason-of.js';

const MAX_REMARKS = 50;

/** Handles messages of people and experts while the panel runs. */
export function handlePanelMessages(run: PanelRun): void {
  setHandler(cancelPanelSignal, () => run.stop(), { description: 'End the panel with the best result so far' });
  setHandler(
    addExpertUpdate,
    (profile) => {
      run.state = addExpert(run.state, profile);
      return shown(run);
    },
    {
      validator: (profile) => {
        refuseEnded(run);
        if (run.expertNames.includes(profile.name)) {
          throw invalid(`The panel already has an expert "${profile.name}". Give the new one another name.`);
        }
        if (run.state.experts.length >= MAX_EXPERTS)
          throw invalid(`The panel has ${MAX_EXPERTS} experts, which is the maximum.`);
      },
      description: 'Add an expert',
    },
  );
  setHandler(
    addRemarkUpdate,
    ({ text }) => {
      run.state = addRemark(run.state, text.trim());
      return shown(run);
    },
    {
      validator: (_remark) => {
        refuseEnded(run);
        if (run.state.remarks.length >= MAX_REMARKS)
          throw invalid(`The panel has ${MAX_REMARKS} remarks, which is the maximum.`);
      },
      description: 'Add a remark for the later steps of the coordinator',
    },
  );
  setHandler(
    resolveReviewUpdate,
    (word) => {
      run.decision = word;
      return shown(run);
    },
    { validator: (word) => refuseReview(run, word), description: 'A person’s decision on what waits for it' },
  );
  handleCalls(run);
  setHandler(getPanelStatusQuery, () => run.status(), { description: 'Questions to experts, state, tokens, time' });
  setHandler(getPanelResultQuery, () => run.result, { description: 'The result, if there is one' });
}

/** Tool calls of experts that wait for a person. */
function handleCalls(run: PanelRun): void {
  const { waitingCalls } = run;
  setHandler(
    resolvePanelApprovalUpdate,
    async (word) => {
      const call = waitingCalls.get(word.callId);
      waitingCalls.delete(word.callId);
      if (call !== undefined) await passOn(run, call, { approve: word.approve, reason: word.reason });
      return shown(run);
    },
    {
      validator: (word) => {
        const refusal = refusalOfApproval(word.callId, [...waitingCalls.keys()]);
        if (refusal !== undefined) throw invalid(refusal.message);
      },
      description: 'Allow or refuse a tool call of an expert',
    },
  );
  setHandler(
    expertCallSignal,
    ({ questionId, expert, call }) => {
      const callId = `${questionId}/${call.callId}`;
      if (call.state === 'waiting-approval') {
        const { tool, arguments: args, startedAt } = call;
        waitingCalls.set(callId, { callId, expert, tool, arguments: args, startedAt });
      } else {
        waitingCalls.delete(callId);
      }
      run.show();
    },
    { description: 'From experts' },
  );
}

async function passOn(
  { input: { panelId } }: PanelRun,
  call: WaitingCall,
  word: { readonly approve: boolean; readonly reason?: string },
): Promise<void> {
  const [questionId = '', callId = ''] = call.callId.split('/');
  try {
    await getExternalWorkflowHandle(expertWorkflowId(panelId, call.expert, questionId)).signal(expertApprovalSignal, {
      ...word,
      callId,
    });
  } catch (error) {
    throw invalid(`The call of "${call.expert}" no longer waits: ${reasonOf(error)}`);
  }
}

function shown(run: PanelRun): ReturnType<PanelRun['status']> {
  run.show();
  return run.status();
}

function refuseEnded({ result, isCancelled }: PanelRun): void {
  if (result !== undefined || isCancelled) throw invalid('The panel has ended. Start a new one.');
}

function refuseReview({ pending, decision, expertNames, state }: PanelRun, word: ReviewDecision): void {
  if (pending === undefined) throw invalid('This panel has no pending review.');
  if (word.reviewId !== pending.reviewId) throw invalid(`The pending review is ${pending.reviewId}.`);
  if (decision !== undefined) throw invalid('The review is already answered.');
  if (pending.kind === 'question' && word.approve && word.text === undefined)
    throw invalid('"text" is missing: answer the question, or refuse it.');
  if (word.plan === undefined) return;
  if (pending.kind !== 'plan') throw invalid('A plan can only be given for the review of a plan.');
  const [fault] = faultsOfPlan(word.plan, expertNames, state.task);
  if (fault !== undefined) throw invalid(fault);
}
