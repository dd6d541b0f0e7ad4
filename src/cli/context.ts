import { resolveHome } from '../artefacts/home.js';
import { connect, resolveConnection, runningStack } from '../client/connect.js';
import type { ColloquyClient } from '../client/colloquy-client.js';
import { readConfig } from '../config.js';
import type { Config } from '../config.js';
import { openTokenStream } from '../streaming/open-token-stream.js';
import type { TokenStreamClient } from '../streaming/socket-client.js';
import { streamSocketPath } from '../local-socket.js';
import type { StackState } from '../run-folder/stack-state.js';
import { createTerminal } from './terminal.js';
import type { Terminal } from './terminal.js';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly verbose?: boolean;
  /** Address of a Temporal server, `host:port`. */
  readonly temporal?: string;
  readonly namespace?: string;
}

export interface CliContext {
  readonly config: Config;
  readonly home: string;
  readonly terminal: Terminal;
  readonly options: GlobalOptions;
}

export function createCliContext(options: GlobalOptions): CliContext {
  const config = readConfig(process.env);
  return { config, home: resolveHome(process.env), terminal: createTerminal(process), options };
}

export interface ConnectedContext extends CliContext {
  readonly client: ColloquyClient;
  /** Of the stack that runs on this machine with the same home, if one does. */
  readonly stack: StackState | undefined;
}

/** Runs `action` with a client on the server that is asked for, else on that of the running stack, else on the default address. */
export async function withClient<T>(
  context: CliContext,
  action: (context: ConnectedContext) => Promise<T>,
): Promise<T> {
  const { options, terminal } = context;
  const client = await connect({
    address: options.temporal,
    namespace: options.namespace,
    onNotice: (line) => terminal.note(line),
  });
  try {
    return await action({ ...context, client, stack: runningStack() });
  } finally {
    await client.close();
  }
}

/** Live text from Redis when one is configured, else from the stack on this machine. Close it. */
export function openStream(
  { config, home, terminal }: CliContext,
  { namespace, streamSocket }: { readonly namespace?: string; readonly streamSocket?: string },
): Promise<TokenStreamClient> {
  return openTokenStream({
    redisUrl: config.redisUrl,
    namespace: resolveConnection({ namespace }).namespace,
    socketPath: streamSocket ?? streamSocketPath(home),
    onNotice: (line) => terminal.note(line),
  });
}

/** Where the Temporal UI shows a workflow. */
export function workflowLink(uiUrl: string, namespace: string, workflowId: string): string {
  return `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;
}
