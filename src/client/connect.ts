import { Connection, isGrpcServiceError } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { resolveHome } from '../artefacts/home.js';
import { readStackState } from '../run-folder/stack-state.js';
import { unreachable } from './colloquy-error.js';
import { toColloquyError } from './to-colloquy-error.js';
import { createEndingRetries } from './ending-retries.js';
import { createColloquyClient } from './colloquy-client.js';
import type { ColloquyClient } from './colloquy-client.js';
import { createStackStream } from './stack-stream.js';
import type { SessionStream } from './session-handle.js';

export const DEFAULT_ADDRESS = '127.0.0.1:7233';
const CONNECT_TIMEOUT_MS = 3_000;

export interface ConnectOptions {
  /** `host:port`. Default: the result of `resolveConnection`. */
  readonly address?: string;
  readonly namespace?: string;
  /**
   * Where tokens can be watched. Default: the Redis of `COLLOQUY_REDIS_URL`, else the stack that runs on this machine with the same
   * `COLLOQUY_HOME`. With `false` answers come whole.
   */
  readonly stream?: SessionStream | false;
  /** Called if live text is expected but not available. Default: a warning of the process. */
  readonly onNotice?: (message: string) => void;
  /** Default: `CONNECT_TIMEOUT_MS`. */
  readonly connectTimeoutMs?: number;
}

/** Connects to a Temporal server. TLS, API key and the like come from Temporal's own environment variables and profile file. */
export async function connect(options: ConnectOptions = {}): Promise<ColloquyClient> {
  const { connectionOptions, namespace } = resolveConnection(options);
  const { address } = connectionOptions;
  const retries = createEndingRetries();
  let connection: Connection;
  try {
    connection = await Connection.connect({
      ...connectionOptions,
      interceptors: [retries.interceptor],
      connectTimeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    });
  } catch (error) {
    throw isGrpcServiceError(error) ? toColloquyError(error, { address }) : unreachable(address, error);
  }
  const { stream: given, onNotice = (message: string) => process.emitWarning(message) } = options;
  const ownStream = given === undefined ? createStackStream(process.env, { namespace, onNotice }) : undefined;
  const stream = given === false ? undefined : (given ?? ownStream);
  const client = createColloquyClient({ connection, address, namespace, stream });
  return {
    ...client,
    async close() {
      await ownStream?.close();
      await retries.end();
      await client.close();
    },
  };
}

/**
 * Where to connect to, for the command line, its workers and this package alike. The address is the first of these: `options.address`,
 * `TEMPORAL_ADDRESS`, a profile that `TEMPORAL_PROFILE` or `TEMPORAL_CONFIG_FILE` names, the address of the stack that runs on this
 * machine with the same `COLLOQUY_HOME`, Temporal's default profile, `COLLOQUY_TEMPORAL_PORT` on this machine, `DEFAULT_ADDRESS`.
 */
export function resolveConnection(
  options: { readonly address?: string; readonly namespace?: string },
  env: NodeJS.ProcessEnv = process.env,
) {
  const config = loadClientConnectConfig({ overrideEnvVars: definedIn(env) });
  const { address: configured } = config.connectionOptions;
  const isChosen = [env['TEMPORAL_ADDRESS'], env['TEMPORAL_PROFILE'], env['TEMPORAL_CONFIG_FILE']].some(Boolean);
  const asked = options.address ?? (isChosen ? configured : undefined);
  const stack = readStackState(resolveHome(env));
  const address = asked ?? stack?.temporalAddress ?? configured ?? localAddress(env);
  // A namespace is the stack's own only on the stack's own server.
  const isStacks = stack !== undefined && address === stack.temporalAddress;
  const namespaceOfStack = isStacks && !env['TEMPORAL_NAMESPACE'] ? stack.namespace : undefined;
  return {
    connectionOptions: { ...config.connectionOptions, address },
    namespace: options.namespace ?? namespaceOfStack ?? config.namespace ?? 'default',
  };
}

function localAddress(env: NodeJS.ProcessEnv): string {
  const port = env['COLLOQUY_TEMPORAL_PORT'];
  return port ? `127.0.0.1:${port}` : DEFAULT_ADDRESS;
}

function definedIn(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
}
