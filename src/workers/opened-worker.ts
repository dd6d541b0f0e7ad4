import type { Logger } from 'pino';
import type { EnsureArtefactOptions } from '../artefacts/ensure-artefact.js';
import type { Config } from '../config.js';
import type { WorkerProcessOptions } from './worker-process.js';

/** Settings for opening a worker of any kind. */
export interface WorkerSettings {
  readonly config: Config;
  readonly home: string;
  readonly namespace: string;
  readonly logger: Logger;
  readonly stopSignal: AbortSignal;
  /** Runs `action` with options for fetching, and shows the progress. */
  readonly withFetching: <T>(action: (fetching: EnsureArtefactOptions) => Promise<T>) => Promise<T>;
  /** For the model worker. Default: the configured model. */
  readonly model?: string;
  /** As in `ModelWorkerOptions`. */
  readonly name?: string;
  /** Whether the sessions worker also runs the tools. */
  readonly tools?: boolean;
}

/** The resources of a worker, which stay open until `close`. */
export interface OpenedWorker extends Pick<WorkerProcessOptions, 'createWorkers'> {
  /** Reported to the supervising process once the workers poll. */
  readonly ready?: Readonly<Record<string, unknown>> | undefined;
  /** Logged at the same time. */
  readonly notice?: string | undefined;
  /** Called after the workers have stopped. */
  readonly close: () => Promise<void>;
}
