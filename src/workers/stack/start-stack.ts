import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { temporalCli } from '../../artefacts/catalogue.js';
import { ensureArtefact } from '../../artefacts/ensure-artefact.js';
import type { EnsureArtefactOptions } from '../../artefacts/ensure-artefact.js';
import { resolveConnection } from '../../client/connect.js';
import { streamSocketPath } from '../../local-socket.js';
import { serveTokenStream } from '../../streaming/socket-server.js';
import { TokenLog } from '../../streaming/token-log.js';
import { probeTemporal } from './probe-temporal.js';
import type { Shutdown } from './shutdown.js';
import { StackError } from './stack-error.js';
import { removeStackState, writeStackState } from '../../run-folder/stack-state.js';
import type { StackState } from '../../run-folder/stack-state.js';
import { superviseProcess } from './supervised-process.js';
import type { ProcessEvent, SupervisedProcess } from './supervised-process.js';
import { startTemporalServer } from './temporal-server.js';

/** Shared by all parts of the stack. */
export interface StackContext {
  readonly home: string;
  readonly fetching: EnsureArtefactOptions;
  /** Closes everything that is opened here, in reverse order. */
  readonly shutdown: Shutdown;
  /** Receives one line for the user. */
  readonly onNotice: (line: string) => void;
}

/** The Temporal server in use. */
export interface UsedServer {
  readonly address: string;
  /** Missing if the server belongs to somebody else and the address of its UI is unknown. */
  readonly uiUrl?: string;
  readonly namespace: string;
}

export interface UseServerOptions {
  /** An existing server. Default: the server of this data folder, which is started unless it is running. */
  readonly address?: string;
  readonly namespace?: string;
  readonly port: number;
  readonly uiPort: number;
}

/**
 * Returns the requested Temporal server, the running one of this data folder, or a new one with its UI and a database file.
 *
 * @throws {ArtefactError | StackError} for foreseeable failures
 */
export async function useTemporalServer(context: StackContext, options: UseServerOptions): Promise<UsedServer> {
  const { home, shutdown, onNotice, fetching } = context;
  const asked = options.address ?? process.env.TEMPORAL_ADDRESS;
  const { connectionOptions, namespace } = resolveConnection({ address: asked, namespace: options.namespace });
  if (asked !== undefined) {
    const { address } = connectionOptions;
    // With TLS or an API key, only the workers' own connection can test the server.
    const isPlain = !connectionOptions.tls && connectionOptions.apiKey === undefined;
    if (isPlain && (await probeTemporal(address)) !== 'temporal') {
      throw new StackError(
        'server-failed',
        `No Temporal server answers at ${address}. Start it, or omit --temporal and TEMPORAL_ADDRESS to start one here.`,
      );
    }
    return { address, namespace };
  }
  // If a server is already running, its program need not be fetched.
  const isServed = (await probeTemporal(`127.0.0.1:${options.port}`)) === 'temporal';
  const server = await startTemporalServer({
    cliPath: isServed ? 'temporal' : await ensureArtefact(temporalCli, fetching),
    home,
    ip: '127.0.0.1',
    port: options.port,
    uiPort: options.uiPort,
    logFile: join(home, 'logs', 'temporal.log'),
    namespace,
    signal: shutdown.signal,
    onNotice,
  });
  shutdown.add('the Temporal server', () => server.stop());
  return { address: server.address, uiUrl: server.uiUrl, namespace };
}

/** Serves the token stream to the other processes of this data folder. @returns the path of its socket */
export async function serveStream({ home, shutdown, onNotice }: StackContext): Promise<string> {
  const hub = await serveTokenStream(new TokenLog(), streamSocketPath(home), { onNotice });
  shutdown.add('the token stream', () => hub.close());
  return hub.path;
}

/**
 * Starts a worker for sessions and one for the model, each in its own process that is restarted if it dies. When both are ready, announces
 * the stack to the other commands of this data folder, and resolves.
 *
 * @throws {StackError} with the output of a worker that cannot start
 */
export async function startWorkers(
  context: StackContext,
  options: {
    readonly server: UsedServer;
    readonly streamSocket: string;
    readonly model: string;
    readonly modelId: string;
  },
): Promise<StackState> {
  const { server, streamSocket, model, modelId } = options;
  const { home, shutdown } = context;
  let state: StackState | undefined;
  let tools: StackState['tools'];
  // After a restart, a worker may know other tools.
  const update = (news: Partial<StackState>): void => {
    if (state !== undefined) writeStackState(home, (state = { ...state, ...news }));
  };
  const onSessionsEvent = (event: ProcessEvent): void => {
    if (event.type !== 'ready') return;
    tools = toolsSchema.safeParse(event.details['tools']).data;
    update({ tools });
  };
  const onModelEvent = (event: ProcessEvent): void => {
    if (event.type === 'ended') update({ isModelLoading: event.restartMs !== undefined });
    if (event.type === 'ready') update({ isModelLoading: false });
  };
  await Promise.all([
    supervise(context, 'sessions worker', [...onServer(server), 'worker', 'sessions'], onSessionsEvent).ready,
    supervise(
      context,
      'model worker',
      [...onServer(server), 'worker', 'model', '--model', model, '--name', workerName(home)],
      onModelEvent,
    ).ready,
  ]);
  state = {
    temporalAddress: server.address,
    uiUrl: server.uiUrl,
    namespace: server.namespace,
    models: [modelId],
    streamSocket,
    tools,
  };
  writeStackState(home, state);
  shutdown.add('the state file', () => removeStackState(home));
  return state;
}

const toolsSchema = z.record(z.string(), z.string());

/**
 * Starts the workers of the transcript archive and of knowledge bases, and the embedded database unless a server is configured, each in its
 * own process. Their tasks wait for them in Temporal, and they connect to each other once all are running.
 *
 * @returns a promise that resolves once the database answers, or cannot start, which is then reported
 */
export function startDatabaseParts(
  context: StackContext,
  options: { readonly server: UsedServer; readonly isServerSet: boolean },
): Promise<unknown> {
  // Started first, so that it is stopped after the workers that use it.
  const database = options.isServerSet ? undefined : supervise(context, 'database', ['database']);
  supervise(context, 'archive worker', [...onServer(options.server), 'worker', 'archive']);
  supervise(context, 'retrieval worker', [...onServer(options.server), 'worker', 'retrieval']);
  return Promise.allSettled([database?.ready]);
}

/** Runs this program with these arguments, and restarts it if it dies, until the shutdown. */
function supervise(
  { home, shutdown, onNotice }: StackContext,
  name: string,
  args: readonly string[],
  onEvent?: (event: ProcessEvent) => void,
): SupervisedProcess {
  const supervised = superviseProcess({
    name,
    command: process.execPath,
    args: [CLI_PATH, ...args],
    logFile: join(home, 'logs', `${name.replaceAll(' ', '-')}.log`),
    // Only one version runs here at a time. A worker with a version would get no sessions until somebody makes that version current.
    env: { COLLOQUY_HOME: home, COLLOQUY_BUILD_ID: '' },
    onEvent: (event) => {
      onEvent?.(event);
      tellEvent(name, event, onNotice);
    },
  });
  shutdown.add(`the ${name}`, () => supervised.stop());
  return supervised;
}

function onServer({ address, namespace }: UsedServer): string[] {
  return ['--temporal', address, '--namespace', namespace];
}

/** Stays the same for this data folder across restarts, and is unique on the server: it lets sessions come back to their worker. */
function workerName(home: string): string {
  return `${hostname()}-${createHash('sha256').update(home).digest('hex').slice(0, 8)}`;
}

/** This program, run again for each process of the stack. */
const CLI_PATH = fileURLToPath(new URL('../../../bin/colloquy.js', import.meta.url));

function tellEvent(name: string, event: ProcessEvent, onNotice: (line: string) => void): void {
  if (event.type === 'ended' && event.restartMs !== undefined) {
    onNotice(`The ${name} ended ${event.reason}; it is started again.`);
  }
  // A failure of the other parts makes the start itself fail; nothing waits for these.
  if (event.type === 'failed' && (name === 'database' || name === 'archive worker')) {
    onNotice(`Transcripts are not archived: ${event.error.message}`);
  }
  if (event.type === 'failed' && name === 'retrieval worker') {
    onNotice(`Documents and the web are not searched: ${event.error.message}`);
  }
}
