import { Connection, isGrpcServiceError } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { toColloquyError, unreachable } from './colloquy-error.js';
import { createEndingRetries } from './ending-retries.js';
import { createColloquyClient } from './colloquy-client.js';
import type { ColloquyClient } from './colloquy-client.js';
import type { SessionStream } from './session-handle.js';

export const DEFAULT_ADDRESS = '127.0.0.1:7233';
const CONNECT_TIMEOUT_MS = 3_000;

export interface ConnectOptions {
  /** `host:port`. Default: `TEMPORAL_ADDRESS` or the profile in Temporal's own configuration file, then `DEFAULT_ADDRESS`. */
  readonly address?: string;
  readonly namespace?: string;
  /** Where tokens can be watched. Without it, answers come whole. */
  readonly stream?: SessionStream;
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
  const client = createColloquyClient({ connection, address, namespace, stream: options.stream });
  return {
    ...client,
    async close() {
      await retries.end();
      await client.close();
    },
  };
}

/** Where to connect to: what is asked for, else Temporal's environment variables and profile, else the server on this machine. */
export function resolveConnection(options: { readonly address?: string; readonly namespace?: string }) {
  const config = loadClientConnectConfig();
  const address = options.address ?? config.connectionOptions.address ?? DEFAULT_ADDRESS;
  return {
    connectionOptions: { ...config.connectionOptions, address },
    namespace: options.namespace ?? config.namespace ?? 'default',
  };
}
