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
 * | `Model.OutputRejected` | no | the text does not parse to the asked shape, or a server's answer has thoughts or calls of tools and no text |
 * | `Model.InvalidRequest` | no | there is nothing to work on: an empty text to embed |
 * | `Model.Unavailable` | yes | the backend is loading, busy, out of memory or unreachable |
 * | `Model.Crashed` | yes | the engine ended in the middle of an answer |
 * | `Archive.Conflict` | no | a turn is archived again with another content |
 * | `Database.Unreachable` | yes | no database answers, or the connection broke |
 * | `Database.Refused` | yes | the database refuses user, password, name or rights |
 * | `Database.Full` | yes | the database has no room left |
 * | `Database.ExtensionMissing` | no | the server has no pgvector, or the user may not create the extension |
 * | `Database.Damaged` | no | the embedded database's folder cannot be opened |
 * | `Retrieval.NotFound` | no | no knowledge base has this name |
 * | `Retrieval.ModelMismatch` | no | a knowledge base is used with another embedding model, or other dimensions, than it was made for |
 * | `Retrieval.Incomplete` | no | a document is published of which chunks are missing |
 * | `Retrieval.Superseded` | no | what was staged of a document is gone: it was removed, or was abandoned for long; begin it again |
 * | `Retrieval.Unavailable` | no | no retrieval worker answers in time |
 * | `Web.Refused` | no | no web search is set up, or a provider, a site or our own rules refuse the request |
 * | `Web.BadKey` | no | a provider of web searches does not take the key |
 * | `Web.RateLimited` | yes, unless it takes long | a provider of web searches was asked too often |
 * | `Web.Malformed` | no | what came from the web is not what it should be |
 * | `Web.TooLarge` | no | a page has more bytes than are read |
 * | `Web.Unreachable` | yes | a provider or a page does not answer |
 * | `Web.TimedOut` | yes | a provider or a page took too long |
 * | `Web.Unavailable` | yes, unless the answer is final | a provider or a site answered by a fault |
 * | `Tool.Invalid` | no | a tool is defined wrongly, or its module cannot be loaded; found when the worker starts |
 * | `Tool.NotFound` | no | no tool has this name |
 * | `Tool.InvalidArguments` | no | the arguments are not what the tool takes |
 * | `Tool.Failed` | as the tool says, at most `maxAttempts` times | the tool could not do it |
 * | `Tool.TimedOut` | yes, at most `maxAttempts` times | the tool took longer than its `timeoutMs` |
 * | `Tool.OutcomeUnknown` | no | an operator paused or reset a call that may not be made again; what its run has done is unknown |
 * | `Document.NotFound` | no | there is no such file, or nothing that a pattern matches |
 * | `Document.Forbidden` | no | a file may not be read, a link leaves its folder, a URL leads into a private network |
 * | `Document.Unreachable` | yes, unless the server's answer is final | a URL does not answer, or a file cannot be read just now |
 * | `Document.Unsupported` | no | no kind of document that is read here, or no file at all |
 * | `Document.TooLarge` | no | bytes, pages, or what is packed in it exceed a limit |
 * | `Document.Corrupt` | no | its content breaks the rules of its format |
 * | `Document.Encrypted` | no | it is protected by a password |
 * | `Document.Empty` | no | there is no text in it |
 * | `Document.Timeout` | no | it could not be read within its time |
 * | `Expert.Invalid` | no | files of experts or panels have faults; the message has a line for each |
 * | `Expert.Refused` | no | an expert on another machine does not take the question, or its caller |
 * | `Expert.Unavailable` | yes | an expert on another machine does not answer, is busy, or failed |
 * | `Expert.TimedOut` | yes | an expert on another machine took too long |
 * | `Expert.BadResponse` | no | what an expert on another machine answered is too large, or not what it should be |
 * | `Expert.CircuitOpen` | yes | an expert on another machine failed several times just now, and is left alone for a while |
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
  'Model.InvalidRequest',
  'Model.Unavailable',
  'Model.Crashed',
  'Archive.Conflict',
  'Database.Unreachable',
  'Database.Refused',
  'Database.Full',
  'Database.ExtensionMissing',
  'Database.Damaged',
  'Retrieval.NotFound',
  'Retrieval.ModelMismatch',
  'Retrieval.Incomplete',
  'Retrieval.Superseded',
  'Retrieval.Unavailable',
  'Web.Refused',
  'Web.BadKey',
  'Web.RateLimited',
  'Web.Malformed',
  'Web.TooLarge',
  'Web.Unreachable',
  'Web.TimedOut',
  'Web.Unavailable',
  'Tool.Invalid',
  'Tool.NotFound',
  'Tool.InvalidArguments',
  'Tool.Failed',
  'Tool.TimedOut',
  'Tool.OutcomeUnknown',
  'Document.NotFound',
  'Document.Forbidden',
  'Document.Unreachable',
  'Document.Unsupported',
  'Document.TooLarge',
  'Document.Corrupt',
  'Document.Encrypted',
  'Document.Empty',
  'Document.Timeout',
  'Expert.Invalid',
  'Expert.Refused',
  'Expert.Unavailable',
  'Expert.TimedOut',
  'Expert.BadResponse',
  'Expert.CircuitOpen',
  'Temporal.Unreachable',
  'Temporal.SearchAttributes',
  'Temporal.Deployment',
] as const;

export type FailureType = (typeof FAILURE_TYPES)[number];
