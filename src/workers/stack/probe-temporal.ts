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
 * Finds out within about 3 seconds what listens at `host:port`. The result is also `'nothing'` if the host does not exist or answer, and
 * also `'something-else'` for a Temporal server that requires TLS or credentials.
 */
export async function probeTemporal(address: string): Promise<'temporal' | 'nothing' | 'something-else'> {
  const { host, port } = parseAddress(address);
  if (!(await acceptsConnections(host, port))) return 'nothing';
  const giveUpAt = Date.now() + PROBE_TIMEOUT_MS;
  do {
    const outcome = await callTemporal(address, giveUpAt, (service) => service.getSystemInfo({}));
    if (outcome === 'ok') return 'temporal';
    // A server that is still starting is `unavailable`; the client reports the same for a peer that does not speak gRPC.
    if (outcome !== 'unavailable') return 'something-else';
    await sleep(RETRY_MS);
  } while (Date.now() < giveUpAt);
  return 'something-else';
}

/** Whether the server serves the namespace now; asks only once. */
export function describeNamespace(address: string, namespace: string): Promise<GrpcOutcome> {
  return callTemporal(address, Date.now() + PROBE_TIMEOUT_MS, (service) => service.describeNamespace({ namespace }));
}

/** Creates the namespace. It keeps closed workflows for a week. */
export function registerNamespace(address: string, namespace: string): Promise<GrpcOutcome> {
  const workflowExecutionRetentionPeriod = msToTs('7 days');
  return callTemporal(address, Date.now() + PROBE_TIMEOUT_MS, (service) =>
    service.registerNamespace({ namespace, workflowExecutionRetentionPeriod }),
  );
}

/** `'unavailable'`: a retry may help. */
export type GrpcOutcome = 'ok' | 'not-found' | 'unavailable' | 'failed';

/** Opens a new connection for each call, because a gRPC channel that has failed once waits a second before it reconnects. */
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
