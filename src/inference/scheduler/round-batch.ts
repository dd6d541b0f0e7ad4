import type { BatchItem } from './batch-engine.js';
import { planRound, type RoundCosts } from './round-plan.js';
import type { Job } from './scheduler-job.js';
import type { SequenceSlot } from './sequence-slot.js';

/** One request's part of a round. */
export interface RoundStep {
  readonly slot: SequenceSlot;
  readonly job: Job;
  readonly item: BatchItem;
}

export interface RoundBatch {
  readonly steps: readonly RoundStep[];
  readonly prefillTokens: number;
  /** Number of answers that get a token. */
  readonly generating: number;
}

/**
 * Builds the next batch for the requests in these sequences, according to `planRound`. A request whose settings cannot be computed is left
 * out and ends.
 */
export function planBatch(
  slots: readonly SequenceSlot[],
  costs: RoundCosts,
  limits: { readonly batchTokens: number; readonly turn: number },
): RoundBatch {
  const busy = slots.flatMap((slot) => (slot.job === undefined ? [] : [{ slot, job: slot.job }]));
  const plan = planRound(
    busy.map(({ slot, job }) => ({
      id: slot.id,
      remainingPromptTokens: Math.max(0, job.request.tokens.length - slot.tokens.length),
      priority: job.request.priority,
    })),
    costs,
    limits,
  );
  const steps = busy.flatMap(({ slot, job }) => {
    const item = batchItem(slot, job, plan.prefill?.id === slot.id ? plan.prefill.tokens : 0);
    return item === undefined ? [] : [{ slot, job, item }];
  });
  return { steps, prefillTokens: plan.prefill?.tokens ?? 0, generating: plan.generate.length };
}

function batchItem(slot: SequenceSlot, job: Job, prefillTokens: number): BatchItem | undefined {
  const { request, newest, sampler } = job;
  const base = { sequence: slot.id, position: slot.tokens.length };
  if (newest === undefined && prefillTokens === 0) return undefined;
  const end = base.position + prefillTokens;
  const tokens = newest === undefined ? request.tokens.slice(base.position, end) : [newest];
  if (newest === undefined && end < request.tokens.length) return { ...base, tokens };
  const settings = job.call(request.settings);
  if (sampler === undefined || settings === undefined) return undefined;
  return { ...base, tokens, sample: { sampler, settings, topLogprobs: request.topLogprobs } };
}
