import { resolveHome } from '../artefacts/home.js';
import type { ColloquyClient } from '../client/colloquy-client.js';
import type { Config } from '../config.js';
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

/** Reading the settings is loaded when a command runs: `--help` does without. @throws {ConfigError} */
export async function createCliContext(options: GlobalOptions): Promise<CliContext> {
  const { readConfig } = await import('../config.js');
  const config = readConfig(process.env);
  return { config, home: resolveHome(process.env), terminal: createTerminal(process), options };
}

export interface ConnectedContext extends CliContext {
  readonly client: ColloquyClient;
  /** The stack that is running on this machine with the same home, if there is one. */
  readonly stack: StackState | undefined;
}

/** Runs `action` with a client of the requested server, or else of the running stack, or else of the default address. */
export async function withClient<T>(
  context: CliContext,
  action: (context: ConnectedContext) => Promise<T>,
): Promise<T> {
  const { options, terminal } = context;
  // Temporal's client takes half a second to load.
  const { connect } = await import('../client/connect.js');
  const { runningStack } = await import('./running-stack.js');
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

/** Where the Temporal UI shows a workflow. */
export function workflowLink(uiUrl: string, namespace: string, workflowId: string): string {
  return `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(workflowId)}`;
}
