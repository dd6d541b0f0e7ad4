import { setTimeout as sleep } from 'node:timers/promises';
import { LogFile } from './log-file.js';
import { parseAddress } from './tcp-port.js';
import { endTemporal, signalTemporal } from './temporal-process.js';
import {
  findOrStartTemporal,
  isAbandoned,
  removeServerRecord,
  type FoundTemporal,
  type TemporalStartOptions,
} from './temporal-start.js';

const FIRST_BACKOFF_MS = 500;
const LAST_BACKOFF_MS = 10_000;
const HEALTHY_MS = 60_000;
const MAX_RESTART_FAILURES = 5;

export interface TemporalServerOptions {
  /** The `temporal` executable. */
  readonly cliPath: string;
  /** The data folder, which contains the server's database, run file and log. */
  readonly home: string;
  /** Address to listen on, an IP address or `localhost`. */
  readonly ip: string;
  readonly port: number;
  /** Preferred port of the UI; if it is taken, the next free port is used. */
  readonly uiPort: number;
  readonly logFile: string;
  readonly namespace: string;
  /** Cancels the start. To end a running server, use `stop`. */
  readonly signal: AbortSignal;
  /** Receives notices about differences from the requested settings, and about the server's death and return. */
  readonly onNotice: (message: string) => void;
}

/** A Temporal server that serves the namespace. */
export interface TemporalServer extends Omit<FoundTemporal, 'process'> {
  readonly pid: number;
  /** Ends the server if it is ours (`started`, `adopted`, or its starter was killed). Call it after the workers have stopped. */
  stop(): Promise<void>;
  /** Resolves when `stop` is done, or with an error if the server died and cannot be restarted. */
  readonly exited: Promise<Error | undefined>;
}

/**
 * Ensures that a Temporal server runs for this data folder: uses the existing one, adopts one whose starter was killed, or starts one, with
 * its UI and a database file. If the server dies, it is restarted at the same address; so is a server that another stack of this data
 * folder started, when that stack stops.
 *
 * If this process is killed, the server continues, and the next start adopts it.
 *
 * @throws {StackError} if no server is available; the signal's reason if it aborts.
 */
export async function startTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  const log = new LogFile(options.logFile);
  try {
    return new SupervisedTemporal(options, log, await findOrStartTemporal({ ...options, log }));
  } catch (error) {
    log.close();
    throw error;
  }
}

class SupervisedTemporal implements TemporalServer {
  readonly exited: Promise<Error | undefined>;
  private readonly stopping = new AbortController();

  constructor(
    private readonly options: TemporalServerOptions,
    private readonly log: LogFile,
    private found: FoundTemporal,
  ) {
    process.on('exit', this.endWithUs);
    this.exited = this.supervise();
  }

  get origin(): FoundTemporal['origin'] {
    return this.found.origin;
  }

  get address(): string {
    return this.found.address;
  }

  get uiUrl(): string {
    return this.found.uiUrl;
  }

  get pid(): number {
    return this.found.process.identity.pid;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.exited;
  }

  private async supervise(): Promise<Error | undefined> {
    let backoffMs = FIRST_BACKOFF_MS;
    let error: Error | undefined;
    while (error === undefined) {
      const since = performance.now();
      const reason = await this.endedOrStopping();
      if (this.stopping.signal.aborted) break;
      this.options.onNotice(`The Temporal server at ${this.address} ended ${reason}. Starting it again.`);
      if (performance.now() - since >= HEALTHY_MS) backoffMs = FIRST_BACKOFF_MS;
      // A server that dies as soon as it serves must not be restarted in a tight loop.
      else await this.pause(backoffMs);
      backoffMs = Math.min(backoffMs * 2, LAST_BACKOFF_MS);
      error = await this.startAgain();
    }
    await this.end();
    return error;
  }

  private async startAgain(): Promise<Error | undefined> {
    const { host, port } = parseAddress(this.address);
    const uiPort = Number(new URL(this.uiUrl).port);
    const { signal } = this.stopping;
    // Clients know the server by its address, so it must come back there, whatever was first requested.
    const ip = port === this.options.port ? this.options.ip : host;
    const options: TemporalStartOptions = { ...this.options, ip, port, uiPort, signal, log: this.log };
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        this.found = await findOrStartTemporal(options);
        this.options.onNotice(`The Temporal server at ${this.address} is back.`);
        return undefined;
      } catch (error) {
        const reason = error instanceof Error ? error : new Error(String(error));
        if (failures >= MAX_RESTART_FAILURES) return reason;
        if (!signal.aborted) this.options.onNotice(`It cannot be started: ${reason.message}`);
        await this.pause(Math.min(FIRST_BACKOFF_MS * 2 ** failures, LAST_BACKOFF_MS));
      }
    }
    return undefined;
  }

  private endedOrStopping(): Promise<string> {
    const { signal } = this.stopping;
    return new Promise((resolve) => {
      const stop = (): void => resolve('');
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      void this.found.process.exited.then((reason) => {
        signal.removeEventListener('abort', stop);
        return resolve(reason);
      });
    });
  }

  private async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.stopping.signal }).catch(() => {});
  }

  private async end(): Promise<void> {
    process.off('exit', this.endWithUs);
    const { process: server } = this.found;
    if (this.isOurs() || isAbandoned(this.options.home, server)) {
      await endTemporal(server);
      removeServerRecord(this.options.home, server);
    }
    this.log.close();
  }

  /** If this process ends without a shutdown, the server still gets the chance to bring its database into order. */
  private readonly endWithUs = (): void => {
    const { process: server } = this.found;
    if (this.isOurs()) signalTemporal(server.identity, 'SIGTERM');
  };

  private isOurs(): boolean {
    return this.origin === 'started' || this.origin === 'adopted';
  }
}
