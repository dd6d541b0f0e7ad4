import { Connection, isGrpcServiceError } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { acceptsConnections, parseAddress } from './tcp-port.js';

/** gRPC status codes. source: https://grpc.io/docs/guides/status-codes/ */
const GRPC_NOT_FOUND = 5;
const GRPC_UNAVAILABLE = 14;

const PROBE_TIMEOUT_MS = 2_000;
const RETRY_MS = 200;

/**
 * What listens at `host:port`, found out within about 3 seconds: `'nothing'` also when the host does not exist or answer,
 * `'something-else'` also for a Temporal server that wants TLS or credentials.
 */
export async function probeTemporal(address: string): Promise<'temporal' | 'nothing' | 'something-else'> {
  const { host, port } = parseAddress(address);
  if (!(await acceptsConnections(host, port))) return 'nothing';
  const giveUpAt = Date.now() + PROBE_TIMEOUT_MS;
  do {
    const outcome = await callTemporal(address, giveUpAt, (service) => service.getSystemInfo({}));
    if (outcome === 'ok') return 'temporal';
    // A server that is still starting says so; so does the client for a peer that does not speak gRPC.
    if (outcome !== 'unavailable') return 'something-else';
    await sleep(RETRY_MS);
  } while (Date.now() < giveUpAt);
  return 'something-else';
}

/** Whether the server serves the namespace now; asked once. */
export function describeNamespace(address: string, namespace: string): Promise<GrpcOutcome> {
  return callTemporal(address, Date.now() + PROBE_TIMEOUT_MS, (service) => service.describeNamespace({ namespace }));
}

/** Creates the namespace with the retention, a week, that its closed workflows are kept for. */
export function registerNamespace(address: string, namespace: string): Promise<GrpcOutcome> {
  const workflowExecutionRetentionPeriod = msToTs('7 days');
  return callTemporal(address, Date.now() + PROBE_TIMEOUT_MS, (service) =>
    service.registerNamespace({ namespace, workflowExecutionRetentionPeriod }),
  );
}

/** `'unavailable'`: asking again may help. */
export type GrpcOutcome = 'ok' | 'not-found' | 'unavailable' | 'failed';

/** Each call on a connection of its own: a gRPC channel that failed once waits a second before it connects again. */
async function callTemporal(
  address: string,
  deadline: number,
  call: (service: Connection['workflowService']) => Promise<unknown>,
): Promise<GrpcOutcome> {
  const connection = Connection.lazy({ address, interceptors: [] });
  try {
    await connection.withDeadline(deadline, () => call(connection.workflowService));
    return 'ok';
  } catch (error) {
    const code: number | undefined = isGrpcServiceError(error) ? error.code : undefined;
    if (code === GRPC_NOT_FOUND) return 'not-found';
    return code === GRPC_UNAVAILABLE ? 'unavailable' : 'failed';
  } finally {
    await connection.close();
  }
}
