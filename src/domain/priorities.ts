import { hashText } from './conversation-hash.js';
import { utf8Length } from './text.js';

/**
 * In what order work that waits for a model is served: first by priority (1 to 5, the lowest number first; 3 is what work without
 * one has), then in turn among the fairness keys, each by its weight. `Priority` of Temporal's SDK.
 */
export interface WorkPriority {
  readonly priorityKey: number;
  readonly fairnessKey: string;
  /** Share of this key beside others: 2 is served twice as often as 1. From 0.001 to 1000. Default: 1. */
  readonly fairnessWeight?: number;
}

/** Priority of work that a user waits for. */
const TURN_PRIORITY = 2;
/** Priority of background work: summaries, memories, evaluations. */
const BACKGROUND_PRIORITY = 4;

/** Bytes that the server allows. source: temporal/api/common/v1/message.proto, Priority */
const MAX_FAIRNESS_KEY_BYTES = 64;

/** For an answer that `userId` waits for. Without users, give the session's id: then sessions share the model. */
export function turnPriority(userId: string): WorkPriority {
  return { priorityKey: TURN_PRIORITY, fairnessKey: fairnessKeyOf(userId) };
}

/** For work on behalf of `userId` that can wait until no turn does. */
export function backgroundPriority(userId: string): WorkPriority {
  return { priorityKey: BACKGROUND_PRIORITY, fairnessKey: fairnessKeyOf(userId) };
}

/** The id itself where it fits: that is what operators give a weight to. Two long ids with one digest would merely share a share. */
function fairnessKeyOf(userId: string): string {
  // An empty key would mean that of the workflow that started this one.
  if (userId === '') return 'nobody';
  return utf8Length(userId) <= MAX_FAIRNESS_KEY_BYTES ? userId : `hash:${hashText(userId)}`;
}
