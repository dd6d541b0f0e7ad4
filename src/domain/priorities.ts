import { utf8Length } from './text.js';

/** As Temporal takes it. Lower keys are served first; within one key, fairness keys take turns. */
export interface ServicePriority {
  readonly priorityKey: number;
  readonly fairnessKey: string;
}

/** Of a user's turn: before all that nobody waits for. One user's many sessions share what one user gets. */
export function turnPriority(userId = ''): ServicePriority {
  return { priorityKey: 2, fairnessKey: fairnessKey(userId) };
}

/** Of summaries, ingestion and the like. */
export function backgroundPriority(userId = ''): ServicePriority {
  return { priorityKey: 4, fairnessKey: fairnessKey(userId) };
}

const MAX_KEY_BYTES = 64;

function fairnessKey(userId: string): string {
  return utf8Length(userId) <= MAX_KEY_BYTES ? userId : userId.slice(0, 16);
}
