/** Properties of a failure that all parts of Colloquy share. */
export interface FailureFacts {
  /** Whether another attempt can help. The error itself may override this. Default: false. */
  readonly isRetryable?: boolean;
  /** HTTP status for callers. Default: 500, a fault of this server. */
  readonly status?: 400 | 413 | 429 | 502 | 503 | 504;
  /**
   * What an ingestion does if a document fails with it. `waits`: the cause is temporary and not in the document. `ends`: every other document would
   * fail too. Default: the document is listed as failed, and the others are read.
   */
  readonly ingestion?: 'waits' | 'ends';
  /** The condition under which it is raised. */
  readonly when: string;
}

/** Every failure that a user of Colloquy can meet, in a workflow's history, from the client, or as an error of the command line. */
const TABLE = {
  InvalidRequest: { status: 400, when: 'input breaks a rule: empty, oversized, malformed' },
  SessionExists: { when: 'a session is started with an id that is in use' },
  SessionNotFound: { when: 'no session has this id' },
  SessionClosed: { when: 'a message is sent to a session that has ended' },
  TurnQueueFull: { status: 429, when: 'too many messages wait in one session' },
  BudgetExceeded: { status: 429, when: 'the session has used up its budget of tokens or seconds' },
  // 504, because it was stopped by its time limit.
  TurnCancelled: { status: 504, when: 'the turn was stopped before it had any text' },
  PanelExists: { when: 'a panel is started with an id that is in use' },
  PanelNotFound: { when: 'no panel has this id' },
  PanelEnded: { when: 'a message is sent to a panel that has ended' },
  'Model.NotFound': { ingestion: 'ends', when: 'the worker has no such model' },
  'Model.Damaged': { ingestion: 'ends', when: "the model's file is truncated, altered or not a GGUF" },
  'Model.ContextOverflow': { status: 413, when: 'persona + message + room for the answer exceed the context window' },
  'Model.Unsupported': { ingestion: 'ends', when: 'the backend cannot do what was asked' },
  // The workflow decides whether to ask again, because it knows the request.
  'Model.OutputRejected': {
    when: "the text does not have the requested form, or a server's answer has thoughts or tool calls but no text",
  },
  'Model.InvalidRequest': { when: 'the input is empty, e.g. an empty text to embed' },
  'Model.Unavailable': {
    isRetryable: true,
    status: 503,
    ingestion: 'waits',
    when: 'the backend is loading, busy, out of memory or unreachable',
  },
  'Model.Crashed': { isRetryable: true, status: 503, when: 'the engine ended in the middle of an answer' },
  'Archive.Conflict': { when: 'a turn is archived again with different content' },
  'Database.Unreachable': {
    isRetryable: true,
    ingestion: 'waits',
    when: 'the database does not respond, or the connection broke',
  },
  // Retried until the operator of the database fixes it, so that no turn is lost meanwhile.
  'Database.Refused': {
    isRetryable: true,
    ingestion: 'waits',
    when: 'the database refuses the user, password, name or permissions',
  },
  'Database.Full': { isRetryable: true, ingestion: 'waits', when: 'the database has no room left' },
  // The operator of the database has to install it; then the user repeats the request.
  'Database.ExtensionMissing': {
    ingestion: 'ends',
    when: 'the server has no pgvector, or the user may not create the extension',
  },
  'Database.Damaged': { ingestion: 'ends', when: "the embedded database's folder cannot be opened" },
  'Retrieval.NotFound': { ingestion: 'ends', when: 'no knowledge base has this name' },
  'Retrieval.ModelMismatch': {
    ingestion: 'ends',
    when: 'a knowledge base is used with another embedding model, or other dimensions, than it was made for',
  },
  'Retrieval.Incomplete': { when: 'a document is published although chunks are missing' },
  'Retrieval.Superseded': {
    when: 'the staged chunks of a document are gone, because it was removed or abandoned for long; start again',
  },
  'Retrieval.Unavailable': { when: 'no retrieval worker responds in time' },
  'Web.Refused': { when: 'no web search is set up, or a provider, a site or our own rules refuse the request' },
  'Web.BadKey': { when: 'a provider of web searches rejects the key' },
  // Retried: yes, unless it takes long.
  'Web.RateLimited': { isRetryable: true, when: 'a provider of web searches was asked too often' },
  'Web.Malformed': { when: 'a response from the web is malformed' },
  'Web.TooLarge': { when: 'a page is larger than the limit' },
  'Web.Unreachable': { isRetryable: true, when: 'a provider or a page does not respond' },
  'Web.TimedOut': { isRetryable: true, when: 'a provider or a page took too long' },
  // Retried: yes, unless the answer is final.
  'Web.Unavailable': { isRetryable: true, when: 'a provider or a site responded with an error' },
  'Tool.Invalid': { when: 'a tool is defined wrongly, or its module cannot be loaded; found when the worker starts' },
  'Tool.NotFound': { when: 'no tool has this name' },
  'Tool.InvalidArguments': { when: 'the arguments do not match the parameters of the tool' },
  // The tool decides whether it is retried.
  'Tool.Failed': { when: 'the tool could not do it' },
  // Retried: yes, at most `maxAttempts` times.
  'Tool.TimedOut': { isRetryable: true, status: 504, when: 'the tool took longer than its `timeoutMs`' },
  'Tool.OutcomeUnknown': {
    when: 'an operator paused or reset a call that may not be repeated; the effect of its run is unknown',
  },
  'Document.NotFound': { when: 'the file does not exist, or no file matches the pattern' },
  'Document.Forbidden': {
    when: 'a file may not be read, a link leaves its folder, a URL leads into a private network',
  },
  // Retried: yes, unless the server's answer is final.
  'Document.Unreachable': { isRetryable: true, when: 'a URL does not respond, or a file cannot be read at the moment' },
  'Document.Unsupported': { when: 'the format is not supported, or it is not a file' },
  'Document.TooLarge': { when: 'its bytes, pages or unpacked contents exceed a limit' },
  'Document.Corrupt': { when: 'its content violates the rules of its format' },
  'Document.Encrypted': { when: 'it is protected by a password' },
  'Document.Empty': { when: 'it contains no text' },
  'Document.Timeout': { when: 'reading it took longer than its time limit' },
  'Expert.Invalid': { when: 'files of experts or panels have faults; the message has a line for each' },
  'Expert.Refused': { status: 502, when: 'a remote expert rejects the question or its caller' },
  'Expert.Unavailable': {
    isRetryable: true,
    status: 503,
    when: 'a remote expert does not respond, is busy, or failed',
  },
  'Expert.TimedOut': { isRetryable: true, status: 504, when: 'a remote expert took too long' },
  'Expert.BadResponse': {
    status: 502,
    when: 'the response of a remote expert is too large or malformed',
  },
  'Expert.CircuitOpen': {
    isRetryable: true,
    status: 503,
    when: 'a remote expert failed several times in a row and is not asked for a while',
  },
  'Temporal.Unreachable': { status: 503, when: 'no Temporal server answers at the address' },
  'Temporal.SearchAttributes': { when: 'the namespace lacks search attributes of sessions' },
  'Temporal.Deployment': { when: 'the server does not know this version of the sessions worker' },
} as const satisfies Readonly<Record<string, FailureFacts>>;

/** The name of a foreseeable failure. */
export type FailureType = keyof typeof TABLE;

/** The properties of each failure. */
export const FAILURES: Readonly<Record<FailureType, FailureFacts>> = TABLE;

/** Whether a text from outside is the name of a failure in the table. */
export function isFailureType(type: unknown): type is FailureType {
  return typeof type === 'string' && Object.hasOwn(FAILURES, type);
}
