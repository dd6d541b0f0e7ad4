import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { LogFile } from './log-file.js';
import { StackError } from './stack-error.js';
import { STOP_MESSAGE } from './supervisor-link.js';

/** Rules for restarting a supervised process. Defaults: `DEFAULT_BACKOFF`. */
export interface Backoff {
  /** Wait before the first restart; doubled for each further restart. */
  readonly firstMs: number;
  readonly maxMs: number;
  /** After the process has been ready for this long, the next wait is `firstMs` again. */
  readonly healthyMs: number;
  /**
   * Number of consecutive deaths of a process that was never ready, after which the supervisor gives up. It
   * never gives up a process that was ready once.
   */
  readonly maxStartFailures: number;
  /** A process that is not ready after this time is killed, which counts as a death. */
  readonly readyTimeoutMs: number;
  /** Time to stop after the request; then the process is killed. */
  readonly stopTimeoutMs: number;
}

export const DEFAULT_BACKOFF: Backoff = {
  firstMs: 500,
  maxMs: 10_000,
  healthyMs: 60_000,
  maxStartFailures: 3,
  readyTimeoutMs: 300_000,
  stopTimeoutMs: 10_000,
};

/** Events of a supervised process. `details` are those that the child passed to `reportReady`. */
export type ProcessEvent =
  | { readonly type: 'started'; readonly pid: number }
  | { readonly type: 'ready'; readonly pid: number; readonly details: Readonly<Record<string, unknown>> }
  /** `reason` completes "it ended": `with exit code 1`, `by SIGKILL`; `restartMs` is missing if the process is not restarted. */
  | { readonly type: 'ended'; readonly reason: string; readonly restartMs?: number }
  | { readonly type: 'failed'; readonly error: StackError };

export interface SuperviseOptions {
  /** Name for messages, e.g. `model worker`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the environment of the process. */
  readonly env?: Readonly<Record<string, string>>;
  /** File for the process's output; without it the output is discarded. */
  readonly logFile?: string;
  readonly onEvent?: (event: ProcessEvent) => void;
  readonly backoff?: Partial<Backoff>;
}

export interface SupervisedProcess {
  /**
   * Resolves with the details when the process is first ready. Rejects with a `StackError` if it cannot start, or if `stop` comes first.
   */
  readonly ready: Promise<Readonly<Record<string, unknown>>>;
  /** Pid of the current process, if one is running. */
  readonly pid: number | undefined;
  /** Ends the process, with SIGKILL if necessary, and does not restart it. */
  stop(): Promise<void>;
}

const LAST_WORDS_MS = 500;

const childMessage = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('ready') }),
  z.object({ type: z.literal('fatal'), message: z.string() }),
]);

/**
 * Keeps a process running. The process is a Node program that calls `reportReady` (see `supervisor-link.ts`), and `exitWhenParentDies`, so
 * that it does not outlive this process. It has its own process group, so that a Ctrl-C in the terminal does not reach it, and killing it
 * also kills the processes that it has started.
 */
export function superviseProcess(options: SuperviseOptions): SupervisedProcess {
  return new Supervisor(options);
}

class Supervisor implements SupervisedProcess {
  readonly ready: Promise<Readonly<Record<string, unknown>>>;
  private readonly backoff: Backoff;
  private readonly log: LogFile | undefined;
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;
  private child: ChildProcess | undefined;
  private wasReady = false;
  private resolveReady: (details: Readonly<Record<string, unknown>>) => void = () => {};
  private rejectReady: (error: StackError) => void = () => {};

  constructor(private readonly options: SuperviseOptions) {
    this.backoff = { ...DEFAULT_BACKOFF, ...options.backoff };
    this.log = options.logFile === undefined ? undefined : new LogFile(options.logFile);
    this.ready = new Promise((resolve, reject) => {
      this.resolveReady = resolve;
      this.rejectReady = reject;
    });
    // Callers that do not wait for readiness learn of a failure from the event.
    this.ready.catch(() => {});
    this.running = this.run();
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    const { child } = this;
    if (child !== undefined) {
      if (process.platform === 'win32') child.send(STOP_MESSAGE, () => {});
      else child.kill('SIGTERM');
      const limit = setTimeout(() => killGroup(child), this.backoff.stopTimeoutMs);
      await this.running;
      clearTimeout(limit);
    }
    await this.running;
  }

  private async run(): Promise<void> {
    let startFailures = 0;
    let delayMs = this.backoff.firstMs;
    while (!this.stopping.signal.aborted) {
      const { reason, fatal, readyMs } = await this.runOnce();
      if (this.stopping.signal.aborted) {
        this.emit({ type: 'ended', reason });
        break;
      }
      if (readyMs >= this.backoff.healthyMs) delayMs = this.backoff.firstMs;
      if (!this.wasReady) startFailures++;
      if (!this.wasReady && (fatal !== undefined || startFailures >= this.backoff.maxStartFailures)) {
        this.emit({ type: 'ended', reason });
        this.giveUp(this.startError(reason, fatal, startFailures));
        break;
      }
      this.emit({ type: 'ended', reason, restartMs: delayMs });
      await sleep(delayMs, undefined, { signal: this.stopping.signal }).catch(() => {});
      delayMs = Math.min(delayMs * 2, this.backoff.maxMs);
    }
    this.rejectReady(new StackError('process-failed', `The ${this.options.name} was stopped before it was ready.`));
    this.log?.close();
  }

  /** Runs the process once. `fatal` is its last message about why it cannot run; `readyMs` is how long it was ready. */
  private async runOnce(): Promise<{ reason: string; fatal: string | undefined; readyMs: number }> {
    this.log?.markRun();
    const output = this.log?.fd ?? 'ignore';
    const child = spawn(this.options.command, this.options.args, {
      env: { ...process.env, ...this.options.env },
      stdio: ['ignore', output, output, 'ipc'],
      detached: true,
      windowsHide: true,
    });
    this.child = child;
    const killWithUs = (): void => killGroup(child);
    process.once('exit', killWithUs);
    let fatal: string | undefined;
    let readyAt: number | undefined;
    let readyTimedOut = false;
    const readyTimeout = setTimeout(() => {
      readyTimedOut = true;
      killGroup(child);
    }, this.backoff.readyTimeoutMs);

    if (child.pid !== undefined) this.emit({ type: 'started', pid: child.pid });
    child.on('message', (raw) => {
      const message = childMessage.safeParse(raw).data;
      if (message?.type === 'fatal') fatal = message.message;
      if (message?.type !== 'ready' || child.pid === undefined) return;
      clearTimeout(readyTimeout);
      readyAt ??= performance.now();
      this.wasReady = true;
      const { type: _, ...details } = message;
      this.emit({ type: 'ready', pid: child.pid, details });
      this.resolveReady(details);
    });
    const reason = await new Promise<string>((resolve) => {
      // After an `error`, which means that the process could not be started, `exit` need not follow.
      child.on('error', (error) => {
        if (child.pid === undefined) resolve(`before it began: ${error.message}`);
      });
      child.on('exit', (code, signal) => resolve(signal === null ? `with exit code ${code}` : `by ${signal}`));
    });

    // Its last messages may still be in transit.
    if (child.connected) await Promise.race([once(child, 'disconnect'), sleep(LAST_WORDS_MS)]);
    clearTimeout(readyTimeout);
    process.off('exit', killWithUs);
    // Processes that it started must not be left behind.
    killGroup(child);
    this.child = undefined;
    return {
      reason: readyTimedOut ? `by us, not being ready after ${this.backoff.readyTimeoutMs / 1_000} s` : reason,
      fatal,
      readyMs: readyAt === undefined ? 0 : performance.now() - readyAt,
    };
  }

  private startError(reason: string, fatal: string | undefined, failures: number): StackError {
    const { name } = this.options;
    if (fatal !== undefined) return new StackError('process-failed', fatal);
    const what = `The ${name} ended ${failures} times in a row before it was ready, at last ${reason}.`;
    const lines = this.log?.lastLines() ?? [];
    const where =
      this.log === undefined
        ? ''
        : ` Its log is ${this.log.path}${lines.length > 0 ? ', and ends:' : '; it is empty.'}`;
    return new StackError('process-failed', [what + where, ...lines].join('\n  '));
  }

  private giveUp(error: StackError): void {
    this.emit({ type: 'failed', error });
    this.rejectReady(error);
  }

  private emit(event: ProcessEvent): void {
    this.options.onEvent?.(event);
  }
}

/** Does nothing if no process of the group is left. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
  } catch {
    // The group is already gone.
  }
}
