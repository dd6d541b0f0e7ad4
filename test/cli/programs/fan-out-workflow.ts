import { ActivityFailure, ApplicationFailure, isCancellation, proxyActivities } from '@temporalio/workflow';
import type { RemoteExpertActivities } from '../../../src/activities/remote-expert.js';

export interface FanOutInput {
  readonly task: string;
  readonly experts: readonly { readonly name: string; readonly remoteUrl: string }[];
  readonly key: string;
}

export interface FanOutResult {
  readonly response: string;
  readonly absent: readonly { readonly name: string; readonly reason: string }[];
}

const { askRemoteExpert } = proxyActivities<RemoteExpertActivities>({
  startToCloseTimeout: '25 seconds',
  heartbeatTimeout: '5 seconds',
  // Five quick ones, one that finds the circuit open, one that tries again.
  retry: { maximumAttempts: 7, initialInterval: '1 second' },
});

/** The simplest panel: all are asked the task itself, and what they say stands side by side. */
export async function fanOutWorkflow({ task, experts, key }: FanOutInput): Promise<FanOutResult> {
  const outcomes = await Promise.all(
    experts.map(async ({ name, remoteUrl: url }) => {
      try {
        const asked = { url, intent: task, idempotencyKey: `${key}/${name}`, timeoutMs: 20_000 };
        return { name, response: (await askRemoteExpert(asked)).response };
      } catch (error) {
        if (isCancellation(error) || !(error instanceof ActivityFailure)) throw error;
        const { cause } = error;
        return { name, reason: cause instanceof ApplicationFailure ? cause.message : error.message };
      }
    }),
  );
  return {
    response: outcomes
      .flatMap(({ name, response }) => (response === undefined ? [] : [`## ${name}\n${response}`]))
      .join('\n\n'),
    absent: outcomes.flatMap(({ name, reason }) => (reason === undefined ? [] : [{ name, reason }])),
  };
}
