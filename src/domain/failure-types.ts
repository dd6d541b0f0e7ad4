/**
 * Every failure type that a user of Colloquy can meet, in a workflow's history, from the client, or as a CLI error.
 *
 * | type | retried | raised when |
 * | --- | --- | --- |
 * | `InvalidRequest` | no | input breaks a rule: empty, oversized, malformed |
 * | `SessionExists` | no | a session is started with an id that is in use |
 * | `SessionNotFound` | no | no session has this id |
 * | `SessionClosed` | no | a message is sent to a session that has ended |
 * | `TurnQueueFull` | no | too many messages wait in one session |
 * | `TurnCancelled` | no | the turn was stopped before it had any text |
 * | `Model.NotFound` | no | the worker has no such model |
 * | `Model.Damaged` | no | the model's file is truncated, altered or not a GGUF |
 * | `Model.ContextOverflow` | no | persona + message + room for the answer exceed the context window |
 * | `Model.Unsupported` | no | the backend cannot do what was asked |
 * | `Model.OutputRejected` | no | the text does not parse to the asked shape |
 * | `Model.Unavailable` | yes | the backend is loading, busy, out of memory or unreachable |
 * | `Model.Crashed` | yes | the engine ended in the middle of an answer |
 * | `Temporal.Unreachable` | no | no Temporal server answers at the address |
 * | `Temporal.SearchAttributes` | no | the namespace lacks search attributes of sessions |
 * | `Temporal.Deployment` | no | the server knows no such version of the sessions worker |
 */
export const FAILURE_TYPES = [
  'InvalidRequest',
  'SessionExists',
  'SessionNotFound',
  'SessionClosed',
  'TurnQueueFull',
  'TurnCancelled',
  'Model.NotFound',
  'Model.Damaged',
  'Model.ContextOverflow',
  'Model.Unsupported',
  'Model.OutputRejected',
  'Model.Unavailable',
  'Model.Crashed',
  'Temporal.Unreachable',
  'Temporal.SearchAttributes',
  'Temporal.Deployment',
] as const;

export type FailureType = (typeof FAILURE_TYPES)[number];
