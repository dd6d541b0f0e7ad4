import { hashText } from './conversation-hash.js';
import { utf8Length } from './text.js';

/**
 * Order in which work that waits for a model is served: first by priority (1 to 5, the lowest number first; work without one has 3), then
 * in turn among the fairness keys, each by its weight. Same fields as `Priority` of Temporal's SDK.
 */
export interface WorkPriority {
  readonly priorityKey: number;
  readonly fairnessKey: string;
  /** Share of this key relative to others: a key with 2 is served twice as often as one with 1. From 0.001 to 1000. Default: 1. */
  readonly fairnessWeight?: number;
}

/** Priority of work that a user waits for. */
const TURN_PRIORITY = 2;
/** Priority of background work: summaries, memories, evaluations. */
const BACKGROUND_PRIORITY = 4;

/** Maximum size, in bytes, that the server allows. source: temporal/api/common/v1/message.proto, Priority */
const MAX_FAIRNESS_KEY_BYTES = 64;

/** Priority of an answer that `userId` waits for. If there are no users, give the session's id, so that sessions share the model. */
export function turnPriority(userId: string): WorkPriority {
  return { priorityKey: TURN_PRIORITY, fairnessKey: fairnessKeyOf(userId) };
}

/** Priority of work for `userId` that can wait while any turn waits. */
export function backgroundPriority(userId: string): WorkPriority {
  return { priorityKey: BACKGROUND_PRIORITY, fairnessKey: fairnessKeyOf(userId) };
}

/**
 * The id itself if it is short enough, so that operators can give it a weight. Two long ids with the same digest would merely get one share
 * between them.
 */
function fairnessKeyOf(userId: string): string {
  // Temporal would replace an empty key by that of the parent workflow.
  if (userId === '') return 'nobody';
  return utf8Length(userId) <= MAX_FAIRNESS_KEY_BYTES ? userId : `hash:${hashText(userId)}`;
}
