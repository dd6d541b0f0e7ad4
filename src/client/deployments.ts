import { isGrpcServiceError } from '@temporalio/client';
import type { ColloquyClient } from './colloquy-client.js';
import { ColloquyError } from './colloquy-error.js';
import { isNotFound, toColloquyError } from './to-colloquy-error.js';

/** One build of the sessions worker, as the server knows it. */
export interface DeploymentVersion {
  readonly buildId: string;
  /** `current`: sessions begin on it; `draining`: only open sessions that began on it are; `drained`: its workers can go. */
  readonly state: (typeof VERSION_STATES)[number];
  readonly createdAt?: string;
}

/** The versions of the sessions worker, newest first. */
export interface Deployment {
  readonly deploymentName: string;
  /** The version on which sessions begin, and to which they move when they continue as new. Missing: workers without a version. */
  readonly currentBuildId?: string;
  readonly versions: readonly DeploymentVersion[];
}

/** source: temporal/api/enums/v1/deployment.proto, WorkerDeploymentVersionStatus */
const VERSION_STATES = ['unknown', 'inactive', 'current', 'ramping', 'draining', 'drained', 'created'] as const;

/** gRPC status codes. source: https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const INVALID_ARGUMENT = 3;
const FAILED_PRECONDITION = 9;

/**
 * Makes new sessions begin on this version, and open ones move to it when they continue as new.
 *
 * @returns the build that was current before, if any
 * @throws {ColloquyError} `Temporal.Deployment` when no worker of this version has run yet
 */
export async function setCurrentVersion(
  { temporal }: ColloquyClient,
  { deploymentName, buildId }: { readonly deploymentName: string; readonly buildId: string },
): Promise<string | undefined> {
  try {
    const { previousDeploymentVersion } = await temporal.workflowService.setWorkerDeploymentCurrentVersion({
      namespace: temporal.options.namespace,
      deploymentName,
      buildId,
      identity: temporal.options.identity,
    });
    return previousDeploymentVersion?.buildId ?? undefined;
  } catch (error) {
    throw isRefusal(error)
      ? new ColloquyError(
          'Temporal.Deployment',
          `The server does not make version "${buildId}" of "${deploymentName}" the current one: ${detailsOf(error)}. ` +
            `Start its worker first: COLLOQUY_BUILD_ID=${buildId} colloquy worker sessions`,
          { cause: error },
        )
      : toColloquyError(error);
  }
}

/** @throws {ColloquyError} `Temporal.Deployment` when no worker with a version has run yet */
export async function describeDeployment({ temporal }: ColloquyClient, deploymentName: string): Promise<Deployment> {
  try {
    const { workerDeploymentInfo: info } = await temporal.workflowService.describeWorkerDeployment({
      namespace: temporal.options.namespace,
      deploymentName,
    });
    const currentBuildId = info?.routingConfig?.currentDeploymentVersion?.buildId;
    const versions = (info?.versionSummaries ?? []).map(({ deploymentVersion, status, createTime }) => ({
      buildId: deploymentVersion?.buildId ?? '',
      state: VERSION_STATES[status ?? 0] ?? 'unknown',
      ...(createTime && { createdAt: new Date(Number(createTime.seconds) * 1000).toISOString() }),
    }));
    return {
      deploymentName,
      ...(currentBuildId && { currentBuildId }),
      versions: versions.toSorted((a, b) => (b.createdAt ?? '').localeCompare(a.createdAt ?? '')),
    };
  } catch (error) {
    throw isRefusal(error)
      ? new ColloquyError(
          'Temporal.Deployment',
          `No worker has run as a version of "${deploymentName}". Start one: COLLOQUY_BUILD_ID=ID colloquy worker sessions`,
          { cause: error },
        )
      : toColloquyError(error);
  }
}

function isRefusal(error: unknown): boolean {
  const code: number | undefined = isGrpcServiceError(error) ? error.code : undefined;
  return isNotFound(error) || code === FAILED_PRECONDITION || code === INVALID_ARGUMENT;
}

function detailsOf(error: unknown): string {
  return isGrpcServiceError(error) ? error.details.replace(/\.$/u, '') : String(error);
}
