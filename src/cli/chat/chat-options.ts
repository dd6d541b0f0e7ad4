import type { ColloquyClient } from '../../client/colloquy-client.js';
import type { SessionHandle } from '../../client/session-handle.js';
import type { Terminal } from '../terminal.js';

/** What `chat` was told in its command line. */
export interface ChatOptions {
  readonly client: ColloquyClient;
  readonly session: SessionHandle;
  readonly modelId: string;
  readonly terminal: Terminal;
  /** Whether what the model thinks is shown. Default: it is. */
  readonly showThoughts?: boolean;
  /** Link of a session in the Temporal UI, when there is one. */
  readonly uiLink?: (sessionId: string) => string | undefined;
  /** The session is not new: what was said last is shown, and what is being answered. */
  readonly isContinued?: boolean;
  /** The data folder, which keeps what was typed. Default: nothing is kept. */
  readonly home?: string;
  /** Aborts when the program is asked to stop. */
  readonly signal: AbortSignal;
}
