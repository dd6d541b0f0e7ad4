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
 * | `BudgetExceeded` | no | the session has spent the tokens or seconds that it was given |
 * | `TurnCancelled` | no | the turn was stopped before it had any text |
 * | `PanelExists` | no | a panel is started with an id that is in use |
 * | `PanelNotFound` | no | no panel has this id |
 * | `PanelEnded` | no | something is said to a panel that has ended |
 * | `Model.NotFound` | no | the worker has no such model |
 * | `Model.Damaged` | no | the model's file is truncated, altered or not a GGUF |
 * | `Model.ContextOverflow` | no | persona + message + room for the answer exceed the context window |
 * | `Model.Unsupported` | no | the backend cannot do what was asked |
 * | `Model.OutputRejected` | no | the text does not parse to the asked shape |
 * | `Model.Unavailable` | yes | the backend is loading, busy, out of memory or unreachable |
 * | `Model.Crashed` | yes | the engine ended in the middle of an answer |
 * | `Archive.Conflict` | no | a turn is archived again with another content |
 * | `Database.Unreachable` | yes | no database answers, or the connection broke |
 * | `Database.Refused` | yes | the database refuses user, password, name or rights |
 * | `Database.Full` | yes | the database has no room left |
 * | `Database.Damaged` | no | the embedded database's folder cannot be opened |
 * | `Tool.Invalid` | no | a tool is defined wrongly, or its module cannot be loaded; found when the worker starts |
 * | `Tool.NotFound` | no | no tool has this name |
 * | `Tool.InvalidArguments` | no | the arguments are not what the tool takes |
 * | `Tool.Failed` | as the tool says, at most `maxAttempts` times | the tool could not do it |
 * | `Tool.TimedOut` | yes, at most `maxAttempts` times | the tool took longer than its `timeoutMs` |
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
  'BudgetExceeded',
  'TurnCancelled',
  'PanelExists',
  'PanelNotFound',
  'PanelEnded',
  'Model.NotFound',
  'Model.Damaged',
  'Model.ContextOverflow',
  'Model.Unsupported',
  'Model.OutputRejected',
  'Model.Unavailable',
  'Model.Crashed',
  'Archive.Conflict',
  'Database.Unreachable',
  'Database.Refused',
  'Database.Full',
  'Database.Damaged',
  'Tool.Invalid',
  'Tool.NotFound',
  'Tool.InvalidArguments',
  'Tool.Failed',
  'Tool.TimedOut',
  'Temporal.Unreachable',
  'Temporal.SearchAttributes',
  'Temporal.Deployment',
] as const;

export type FailureType = (typeof FAILURE_TYPES)[number];
