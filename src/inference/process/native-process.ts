import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { builtEntry } from '../../built-entry.js';
import { fromEngineFailure } from './engine-failure.js';
import { ModelError } from '../model-error.js';
import {
  hasType,
  isAnswer,
  isNotice,
  isNotOpened,
  isOpened,
  isOpening,
  isPong,
  isRefusal,
  type AskOpening,
  type NativeAnswer,
  type NativeOrder,
  type NativeReport,
  type Ping,
  type WorkReport,
} from './native-report.js';
import { OpeningWatch, type OpeningWatchOptions } from './opening-watch.js';
import { ProgressWatch } from './progress-watch.js';

export interface WatchOptions extends OpeningWatchOptions {
  /** Interval of pings, while any request is pending. */
  readonly pingMs: number;
  /** Time without any message after which the process is given up. */
  readonly silenceMs: number;
  /** Time without progress after which a request fails, if the process reports progress. */
  readonly stallMs: number;
}

export interface NativeProcessOptions<Command> {
  readonly modelId: string;
  /** The file, in this folder, that the process runs. */
  readonly entry: URL;
  /** Number of threads of libuv's pool, on which native code computes. */
  readonly poolThreads: number;
  /** The first command. */
  readonly open: Command;
  readonly onNotice: (notice: string) => void;
  readonly watch?: WatchOptions | undefined;
}

interface Pending<Answer> {
  readonly onReport: (report: Answer) => void;
  readonly onCrash: (error: ModelError) => void;
}

/**
 * The process's event loop is free while native code decodes: it answers a ping within milliseconds, or a second on a busy machine. Once in
 * an hour of killing processes, neither side was working on a request any more; without this watch, its caller would have waited for an
 * hour.
 */
const WATCH: WatchOptions = { pingMs: 2_000, silenceMs: 45_000, stallMs: 45_000 };

/** Number of characters of native code's output to keep, for the report of a crash. */
const LAST_WORDS_CHARACTERS = 2000;
const DISPOSE_MS = 10_000;
/** The next attempt may follow immediately. */
const SOON = { retryAfterMs: 100 };

/** One run of a process for native code, from its start to its end. A crash there becomes an error here. */
export class NativeProcess<Command extends object, Opened extends object, Answer extends NativeAnswer> {
  /** @throws {ModelError} the failure of opening, `Model.Crashed`, or `Model.Unavailable` when opening makes no progress. */
  readonly opened: Promise<Opened>;
  private readonly child: ChildProcess;
  private readonly pending = new Map<number, Pending<Answer>>();
  /** Set once the process has ended. */
  private crashed: ModelError | undefined;
  private lastId = 0;
  private lastWords = '';
  private watching: NodeJS.Timeout | undefined;
  private readonly watch: WatchOptions;
  private readonly progress: ProgressWatch;
  /**
   * Number of pings since the last message, while the process is watched. A clock would also count the time in which this process did not
   * run.
   */
  private silentPings = 0;
  /** Running requests at the time of the unanswered ping. */
  private asked: ReadonlySet<number> = new Set();

  constructor(private readonly options: NativeProcessOptions<Command>) {
    const { entry, poolThreads, open, onNotice, watch = WATCH } = options;
    this.watch = watch;
    this.progress = new ProgressWatch(Math.max(1, Math.ceil(watch.stallMs / watch.pingMs)));
    const child = fork(builtEntry(entry), [], {
      // Passed on unchanged, because the engine's libraries read environment variables of their own.
      // eslint-disable-next-line node/no-process-env
      env: { ...process.env, UV_THREADPOOL_SIZE: String(poolThreads) },
      // Flags of this process (inspector ports, loaders) do not apply to the engine.
      execArgv: [],
      // Transfers vectors without converting them.
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data: Buffer) => {
        this.lastWords = (this.lastWords + data.toString()).slice(-LAST_WORDS_CHARACTERS);
      });
    }
    this.opened = new Promise((resolve, reject) => {
      const opening = new OpeningWatch(watch, {
        ask: () => this.send({ type: 'ask-opening' }),
        onStall: (seconds) => {
          reject(this.notOpening(seconds));
          this.giveUp(`its model came no further for ${seconds} s while it was opened`);
        },
      });
      child.on('message', (message) => {
        if (!hasType(message)) return;
        this.silentPings = 0;
        // Both ends of the channel have the same version.
        // eslint-disable-next-line typescript/no-unsafe-type-assertion
        const report = message as NativeReport<Opened, Answer>;
        if (isAnswer(report)) {
          this.progress.heard(report.id);
          this.pending.get(report.id)?.onReport(report);
        } else if (isOpened(report)) {
          opening.end();
          resolve(report);
        } else if (isNotOpened(report)) {
          opening.end();
          reject(fromEngineFailure(report.failure));
          // The process has no further use and would keep this process alive; the next request starts another.
          child.kill('SIGKILL');
        } else if (isNotice(report)) onNotice(report.notice);
        else if (isPong(report)) this.onPong(report.working);
        else if (isOpening(report)) opening.heard(report.progress);
      });
      const end = (how: string): void => {
        clearInterval(this.watching);
        opening.end();
        this.crashed = this.crash(how);
        reject(this.crashed);
        for (const { onCrash } of this.pending.values()) onCrash(this.crashed);
      };
      child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
      child.once('error', (error) => end(error.message));
    });
    // Callers that need the result await it; a crash while there are none is reported to the next request.
    this.opened.catch(() => undefined);
    this.send(open);
  }

  get ended(): boolean {
    return this.crashed !== undefined;
  }

  /** Sends a command with a new id and resolves with the last report on it; earlier ones go to `onReport`. */
  request(
    command: (id: number) => Command,
    onReport: (report: Answer) => void = () => undefined,
    onId: (id: number) => void = () => undefined,
  ): Promise<Answer> {
    if (this.crashed !== undefined) return Promise.reject(this.crashed);
    const id = ++this.lastId;
    return new Promise<Answer>((resolve, reject) => {
      this.pending.set(id, {
        onReport: (report) => {
          if (report.type === 'delta' || report.type === 'progress' || report.type === 'step') onReport(report);
          else if (isRefusal(report)) reject(fromEngineFailure(report.failure));
          else resolve(report);
        },
        onCrash: reject,
      });
      this.send(command(id));
      this.startWatch();
      onId(id);
    }).finally(() => {
      this.pending.delete(id);
      this.progress.drop(id);
      if (this.pending.size === 0) this.stopWatch();
    });
  }

  /** The same; when `signal` aborts, the process is told to stop this work, and its final report is the answer. */
  async cancellable(
    signal: AbortSignal,
    command: (id: number) => Command,
    onReport?: (report: Answer) => void,
  ): Promise<Answer> {
    const withdrawn = new AbortController();
    try {
      return await this.request(command, onReport, (id) => {
        const cancel = (): void => this.send({ type: 'cancel', id });
        signal.addEventListener('abort', cancel, { signal: withdrawn.signal });
      });
    } finally {
      withdrawn.abort();
    }
  }

  async dispose(): Promise<void> {
    if (this.ended) return;
    const exit = once(this.child, 'exit');
    this.send({ type: 'dispose' });
    const timer = setTimeout(() => this.child.kill('SIGKILL'), DISPOSE_MS);
    await exit;
    clearTimeout(timer);
  }

  send(command: Command | NativeOrder | Ping | AskOpening): void {
    // If the process has just died, its `exit` event reports that.
    if (this.child.connected) this.child.send(command, () => undefined);
  }

  private startWatch(): void {
    if (this.watching !== undefined) return;
    const { pingMs, silenceMs } = this.watch;
    this.silentPings = 0;
    this.watching = setInterval(() => {
      if (this.silentPings * pingMs > silenceMs) {
        this.giveUp(`it gave no sign of life for ${Math.round(silenceMs / 1000)} s`);
        return;
      }
      this.silentPings++;
      this.asked = new Set(this.pending.keys());
      this.send({ type: 'ping' });
    }, pingMs);
    this.watching.unref();
  }

  private stopWatch(): void {
    clearInterval(this.watching);
    this.watching = undefined;
    this.asked = new Set();
  }

  private onPong(working: readonly WorkReport[]): void {
    const asked = [...this.asked].filter((id) => this.pending.has(id));
    this.asked = new Set();
    const { lost, stalled, isStuck } = this.progress.judge(asked, working);
    const engine = `The engine of model "${this.options.modelId}"`;
    for (const id of lost) {
      this.refuse(id, new ModelError('Model.Crashed', `${engine} lost a request; it must be asked again.`, SOON));
    }
    const limit = `${Math.round(this.watch.stallMs / 1000)} s`;
    for (const id of stalled) {
      this.send({ type: 'cancel', id });
      const message = `${engine} made no progress with a request for ${limit}; it must be asked again.`;
      this.refuse(id, new ModelError('Model.Unavailable', message, SOON));
    }
    if (isStuck) this.giveUp(`it made no progress with any request for ${limit}`);
  }

  private notOpening(seconds: number): ModelError {
    const { modelId } = this.options;
    return new ModelError(
      'Model.Unavailable',
      `Model "${modelId}" was not opened: its engine made no progress with loading it for ${seconds} s, and was ended. The next request ` +
        'starts another. If that stops as well, look at the disk of its file and at the driver of the GPU ("colloquy doctor").',
      { retryAfterMs: 1000, details: { seconds } },
    );
  }

  private refuse(id: number, error: ModelError): void {
    this.options.onNotice(error.message);
    this.pending.get(id)?.onCrash(error);
  }

  /** Kills the process, so that running requests fail; the next request starts another one. */
  private giveUp(why: string): void {
    this.lastWords += `\n${why}`;
    this.child.kill('SIGKILL');
  }

  private crash(how: string): ModelError {
    const { modelId } = this.options;
    const lastLine = this.lastWords.trim().split('\n').at(-1) ?? '';
    return new ModelError(
      'Model.Crashed',
      `The engine of model "${modelId}" ended unexpectedly (${how})${lastLine === '' ? '' : `: ${lastLine}`}. ` +
        'It is started again for the next request.',
      { retryAfterMs: 500, details: { how } },
    );
  }
}
