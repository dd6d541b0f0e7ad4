/** What is known of a failure, wherever it is met. */
export interface FailureFacts {
  /** Whether another attempt can help; the error itself may know better. Default: false. */
  readonly isRetryable?: boolean;
  /** What a caller over HTTP is told. Default: 500, a fault of this server. */
  readonly status?: 400 | 413 | 429 | 502 | 503 | 504;
  /**
   * What an ingestion does that meets it at a document. `waits`: it is not the document's fault, and mended by waiting. `ends`: every other
   * document would meet the same. Default: the document is named as failed, and the others are read.
   */
  readonly ingestion?: 'waits' | 'ends';
  /** When it is raised. */
  readonly when: string;
}

/** Every failure that a user of Colloquy can meet, in a workflow's history, from the client, or as an error of the command line. */
const TABLE = {
  InvalidRequest: { status: 400, when: 'input breaks a rule: empty, oversized, malformed' },
  SessionExists: { when: 'a session is started with an id that is in use' },
  SessionNotFound: { when: 'no session has this id' },
  SessionClosed: { when: 'a message is sent to a session that has ended' },
  TurnQueueFull: { status: 429, when: 'too many messages wait in one session' },
  BudgetExceeded: { status: 429, when: 'the session has spent the tokens or seconds that it was given' },
  // 504: by the time that it was given.
  TurnCancelled: { status: 504, when: 'the turn was stopped before it had any text' },
  PanelExists: { when: 'a panel is started with an id that is in use' },
  PanelNotFound: { when: 'no panel has this id' },
  PanelEnded: { when: 'something is said to a panel that has ended' },
  'Model.NotFound': { ingestion: 'ends', when: 'the worker has no such model' },
  'Model.Damaged': { ingestion: 'ends', when: "the model's file is truncated, altered or not a GGUF" },
  'Model.ContextOverflow': { status: 413, when: 'persona + message + room for the answer exceed the context window' },
  'Model.Unsupported': { ingestion: 'ends', when: 'the backend cannot do what was asked' },
  // The workflow decides whether to ask again: it knows what was asked.
  'Model.OutputRejected': {
    when: "the text does not parse to the asked shape, or a server's answer has thoughts or calls of tools and no text",
  },
  'Model.InvalidRequest': { when: 'there is nothing to work on: an empty text to embed' },
  'Model.Unavailable': {
    isRetryable: true,
    status: 503,
    ingestion: 'waits',
    when: 'the backend is loading, busy, out of memory or unreachable',
  },
  'Model.Crashed': { isRetryable: true, status: 503, when: 'the engine ended in the middle of an answer' },
  'Archive.Conflict': { when: 'a turn is archived again with another content' },
  'Database.Unreachable': {
    isRetryable: true,
    ingestion: 'waits',
    when: 'no database answers, or the connection broke',
  },
  // Whoever runs the database mends it, and the activity goes on: what was to be kept must not be lost meanwhile.
  'Database.Refused': {
    isRetryable: true,
    ingestion: 'waits',
    when: 'the database refuses user, password, name or rights',
  },
  'Database.Full': { isRetryable: true, ingestion: 'waits', when: 'the database has no room left' },
  // Whoever runs the database installs it; what asked for it is asked again by a person.
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
  'Retrieval.Incomplete': { when: 'a document is published of which chunks are missing' },
  'Retrieval.Superseded': {
    when: 'what was staged of a document is gone: it was removed, or was abandoned for long; begin it again',
  },
  'Retrieval.Unavailable': { when: 'no retrieval worker answers in time' },
  'Web.Refused': { when: 'no web search is set up, or a provider, a site or our own rules refuse the request' },
  'Web.BadKey': { when: 'a provider of web searches does not take the key' },
  // Retried: yes, unless it takes long.
  'Web.RateLimited': { isRetryable: true, when: 'a provider of web searches was asked too often' },
  'Web.Malformed': { when: 'what came from the web is not what it should be' },
  'Web.TooLarge': { when: 'a page has more bytes than are read' },
  'Web.Unreachable': { isRetryable: true, when: 'a provider or a page does not answer' },
  'Web.TimedOut': { isRetryable: true, when: 'a provider or a page took too long' },
  // Retried: yes, unless the answer is final.
  'Web.Unavailable': { isRetryable: true, when: 'a provider or a site answered by a fault' },
  'Tool.Invalid': { when: 'a tool is defined wrongly, or its module cannot be loaded; found when the worker starts' },
  'Tool.NotFound': { when: 'no tool has this name' },
  'Tool.InvalidArguments': { when: 'the arguments are not what the tool takes' },
  // As the tool says.
  'Tool.Failed': { when: 'the tool could not do it' },
  // Retried: yes, at most `maxAttempts` times.
  'Tool.TimedOut': { isRetryable: true, status: 504, when: 'the tool took longer than its `timeoutMs`' },
  'Tool.OutcomeUnknown': {
    when: 'an operator paused or reset a call that may not be made again; what its run has done is unknown',
  },
  'Document.NotFound': { when: 'there is no such file, or nothing that a pattern matches' },
  'Document.Forbidden': {
    when: 'a file may not be read, a link leaves its folder, a URL leads into a private network',
  },
  // Retried: yes, unless the server's answer is final.
  'Document.Unreachable': { isRetryable: true, when: 'a URL does not answer, or a file cannot be read just now' },
  'Document.Unsupported': { when: 'no kind of document that is read here, or no file at all' },
  'Document.TooLarge': { when: 'bytes, pages, or what is packed in it exceed a limit' },
  'Document.Corrupt': { when: 'its content breaks the rules of its format' },
  'Document.Encrypted': { when: 'it is protected by a password' },
  'Document.Empty': { when: 'there is no text in it' },
  'Document.Timeout': { when: 'it could not be read within its time' },
  'Expert.Invalid': { when: 'files of experts or panels have faults; the message has a line for each' },
  'Expert.Refused': { status: 502, when: 'an expert on another machine does not take the question, or its caller' },
  'Expert.Unavailable': {
    isRetryable: true,
    status: 503,
    when: 'an expert on another machine does not answer, is busy, or failed',
  },
  'Expert.TimedOut': { isRetryable: true, status: 504, when: 'an expert on another machine took too long' },
  'Expert.BadResponse': {
    status: 502,
    when: 'what an expert on another machine answered is too large, or not what it should be',
  },
  'Expert.CircuitOpen': {
    isRetryable: true,
    status: 503,
    when: 'an expert on another machine failed several times just now, and is left alone for a while',
  },
  'Temporal.Unreachable': { status: 503, when: 'no Temporal server answers at the address' },
  'Temporal.SearchAttributes': { when: 'the namespace lacks search attributes of sessions' },
  'Temporal.Deployment': { when: 'the server knows no such version of the sessions worker' },
} as const satisfies Readonly<Record<string, FailureFacts>>;

/** A failure that is foreseen, by its name. */
export type FailureType = keyof typeof TABLE;

/** What is known of each. */
export const FAILURES: Readonly<Record<FailureType, FailureFacts>> = TABLE;

/** Whether a text from outside names a failure of the table. */
export function isFailureType(type: unknown): type is FailureType {
  return typeof type === 'string' && Object.hasOwn(FAILURES, type);
}
