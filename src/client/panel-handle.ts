import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { WorkflowFailedError } from '@temporalio/client';
import { TerminatedFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { ExpertProfile } from '../domain/panel/expert.js';
import { panelIdOfWorkflow, panelWorkflowId } from '../domain/panel/panel-id.js';
import type { PlannedQuestion } from '../domain/panel/plan.js';
import type { PanelResult } from '../domain/panel/result.js';
import type { PanelStatus } from '../domain/panel/status.js';
import {
  addExpertUpdate,
  addRemarkUpdate,
  cancelPanelSignal,
  getPanelResultQuery,
  getPanelStatusQuery,
  resolvePanelApprovalUpdate,
  resolveReviewUpdate,
} from '../workflows/panel/panel-messages.js';
import type { panelWorkflow } from '../workflows/panel/panel.js';
import { ColloquyError } from './colloquy-error.js';
import { isNotFound, isUnreachable, toColloquyError } from './to-colloquy-error.js';

/** One panel, running or ended. Every method throws `ColloquyError` for foreseeable failures. */
export interface PanelHandle {
  readonly panelId: string;
  /** The questions to experts, state, tokens and time, and what waits for a person. */
  status(): Promise<PanelStatus>;
  /** Waits for the end. @throws {ColloquyError} `PanelEnded` for one that was terminated */
  result(): Promise<PanelResult>;
  /** Ends the panel with the best result so far, which `result` then returns. */
  cancel(): Promise<void>;
  /** Adds an expert and asks it the task. */
  addExpert(profile: ExpertProfile): Promise<PanelStatus>;
  /** Adds a remark that the later steps of the coordinator take into account. */
  addRemark(text: string): Promise<PanelStatus>;
  /** Approves what waits for a person; `text` answers a question; `plan` replaces the plan. */
  approve(
    reviewId: string,
    word?: { readonly text?: string; readonly plan?: readonly PlannedQuestion[] },
  ): Promise<PanelStatus>;
  /** Refuses what waits for a person; `text` says what should be different. */
  refuse(reviewId: string, text?: string): Promise<PanelStatus>;
  /** Allows a tool call of an expert; `status().waitingCalls` lists the calls that wait. */
  approveCall(callId: string): Promise<PanelStatus>;
  refuseCall(callId: string, reason?: string): Promise<PanelStatus>;
}

/** One line of a list. */
export interface PanelSummary {
  readonly panelId: string;
  readonly state: 'running' | 'ended' | 'cancelled' | 'failed' | 'terminated';
  readonly task?: string;
  readonly way?: string;
  readonly experts?: readonly string[];
  readonly startedAt: string;
  readonly endedAt?: string;
}

export function createPanelHandle(
  panelId: string,
  { client, address }: { readonly client: Client; readonly address: string },
): PanelHandle {
  const handle = client.workflow.getHandle<typeof panelWorkflow>(panelWorkflowId(panelId));
  const call = async <T>(action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      throw await explained(error);
    }
  };

  async function explained(error: unknown): Promise<unknown> {
    const known = toPanelError(error, { panelId, address });
    if (!(known instanceof ColloquyError) || known.type !== 'PanelNotFound') return known;
    // Temporal reports "not found" for an ended workflow too.
    try {
      await handle.describe();
      return ended(panelId, error);
    } catch {
      return known;
    }
  }

  return {
    panelId,
    status: () => call(() => handle.query(getPanelStatusQuery)),
    result: () =>
      call(async () => {
        for (;;) {
          try {
            return await handle.result();
          } catch (error) {
            if (isUnreachable(error)) {
              await handle.describe();
              await sleep(250);
              continue;
            }
            if (!(error instanceof WorkflowFailedError)) throw error;
            if (error.cause instanceof TerminatedFailure) throw ended(panelId, error);
            // A panel that was cancelled from outside still has the result so far.
            const best = await handle.query(getPanelResultQuery).catch(() => undefined);
            if (best === undefined) throw error;
            return best;
          }
        }
      }),
    cancel: () => call(() => handle.signal(cancelPanelSignal)),
    addExpert: (profile) => call(() => handle.executeUpdate(addExpertUpdate, { args: [profile] })),
    addRemark: (text) => call(() => handle.executeUpdate(addRemarkUpdate, { args: [{ text }] })),
    approve: (reviewId, word = {}) =>
      call(() => handle.executeUpdate(resolveReviewUpdate, { args: [{ reviewId, approve: true, ...word }] })),
    refuse: (reviewId, text) =>
      call(() => handle.executeUpdate(resolveReviewUpdate, { args: [{ reviewId, approve: false, text }] })),
    approveCall: (callId) =>
      call(() => handle.executeUpdate(resolvePanelApprovalUpdate, { args: [{ callId, approve: true }] })),
    refuseCall: (callId, reason) =>
      call(() => handle.executeUpdate(resolvePanelApprovalUpdate, { args: [{ callId, approve: false, reason }] })),
  };
}

/** Like `toColloquyError`, for a panel. */
export function toPanelError(error: unknown, about: { readonly panelId: string; readonly address?: string }): unknown {
  const panel = `Panel "${about.panelId}"`;
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    return new ColloquyError('PanelExists', `${panel} exists already. Choose another id.`, { cause: error });
  }
  if (isNotFound(error)) {
    return new ColloquyError('PanelNotFound', `${panel} does not exist. "colloquy panels" lists the existing ones.`, {
      cause: error,
    });
  }
  const known = toColloquyError(error, { address: about.address });
  return known instanceof ColloquyError && known.type === 'SessionClosed' ? ended(about.panelId, error) : known;
}

/** The line of a workflow in the list, or undefined if it is not a panel. */
export function toPanelSummary(info: WorkflowExecutionInfo): PanelSummary | undefined {
  const panelId = panelIdOfWorkflow(info.workflowId);
  if (panelId === undefined) return undefined;
  const { task, way, experts } = info.memo ?? {};
  return {
    panelId,
    state: STATES[info.status.name] ?? 'failed',
    ...(typeof task === 'string' && { task }),
    ...(typeof way === 'string' && { way }),
    ...(Array.isArray(experts) && { experts: experts.map(String) }),
    startedAt: info.startTime.toISOString(),
    ...(info.closeTime && { endedAt: info.closeTime.toISOString() }),
  };
}

const STATES: Readonly<Record<string, PanelSummary['state']>> = {
  RUNNING: 'running',
  COMPLETED: 'ended',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
};

function ended(panelId: string, cause: unknown): ColloquyError {
  return new ColloquyError('PanelEnded', `Panel "${panelId}" has ended; its result stays readable. Start a new one.`, {
    cause,
  });
}
