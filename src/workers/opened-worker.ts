import type { Logger } from 'pino';
import type { EnsureArtefactOptions } from '../artefacts/ensure-artefact.js';
import type { Config } from '../config.js';
import type { WorkerProcessOptions } from './worker-process.js';

/** What a worker of any kind is opened with. */
export interface WorkerSettings {
  readonly config: Config;
  readonly home: string;
  readonly namespace: string;
  readonly logger: Logger;
  readonly stopSignal: AbortSignal;
  /** Runs `action` with what fetching needs, and shows how far it is. */
  readonly withFetching: <T>(action: (fetching: EnsureArtefactOptions) => Promise<T>) => Promise<T>;
  /** Of the model worker. Default: the configured one. */
  readonly model?: string;
  /** As `ModelWorkerOptions` has it. */
  readonly name?: string;
  /** Whether the sessions worker runs the tools too. */
  readonly tools?: boolean;
}

/** What a worker needs, open until it is closed. */
export interface OpenedWorker extends Pick<WorkerProcessOptions, 'createWorkers'> {
  /** Told to the process that supervises this one, once the workers poll. */
  readonly ready?: Readonly<Record<string, unknown>> | undefined;
  /** For the log at that time. */
  readonly notice?: string | undefined;
  /** Called after the workers have stopped. */
  readonly close: () => Promise<void>;
}
