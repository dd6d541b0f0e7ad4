import type { ColloquyClient } from '../../client/colloquy-client.js';
import type { SessionHandle } from '../../client/session-handle.js';
import type { Terminal } from '../terminal.js';

/** Command-line options of `chat`. */
export interface ChatOptions {
  readonly client: ColloquyClient;
  readonly session: SessionHandle;
  readonly modelId: string;
  readonly terminal: Terminal;
  /** Whether the thoughts of the model are shown. Default: true. */
  readonly showThoughts?: boolean;
  /** Link to a session in the Temporal UI, if there is a UI. */
  readonly uiLink?: (sessionId: string) => string | undefined;
  /** The session is not new, so its last turns and its running answer are shown. */
  readonly isContinued?: boolean;
  /** The data folder, for the history of typed lines. Default: no history is kept. */
  readonly home?: string;
  /** Aborts when the program is asked to stop. */
  readonly signal: AbortSignal;
}
