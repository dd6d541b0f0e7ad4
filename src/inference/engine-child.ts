import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { availableCores } from './available-cores.js';
import {
  fromEngineFailure,
  isEngineReport,
  type EngineCommand,
  type EngineOptions,
  type EngineReport,
} from './engine-protocol.js';
import { ModelError } from './model-error.js';

type Answer = Extract<EngineReport, { id: number }>;

interface Pending {
  readonly onReport: (report: Answer) => void;
  readonly onCrash: (error: ModelError) => void;
}

export interface WatchOptions {
  /** How often it is asked what it works on, while anybody waits for it. */
  readonly pingMs: number;
  /** Without a word for so long it is given up. */
  readonly silenceMs: number;
}

/**
 * Its event loop is free while native code decodes: an answer to a ping takes milliseconds, on a busy machine a second. A request that
 * neither side worked on any more was seen once in an hour of killing processes; its answer would have been waited for for an hour.
 */
const WATCH: WatchOptions = { pingMs: 2_000, silenceMs: 60_000 };

/** How much of what native code prints is kept, to be told when it crashes. */
const LAST_WORDS_CHARACTERS = 2000;
const DISPOSE_MS = 10_000;

/** One run of the engine's process, from its start to its end. */
export class EngineChild {
  /** @throws {ModelError} as `openInProcessModel` does, or `Model.Crashed`. */
  readonly opened: Promise<{ readonly contextTokens: number; readonly sequences: number }>;
  private readonly child: ChildProcess;
  private readonly pending = new Map<number, Pending>();
  /** Set once the process has ended. */
  private crashed: ModelError | undefined;
  private lastId = 0;
  private lastWords = '';
  private watching: NodeJS.Timeout | undefined;
  /** When it was heard of last, while it is watched. */
  private heardAt = 0;
  /** Requests under way at the ping that is not answered yet. */
  private asked: ReadonlySet<number> = new Set();

  constructor(
    private readonly options: EngineOptions,
    private readonly onNotice: (notice: string) => void,
    private readonly watch: WatchOptions = WATCH,
  ) {
    const child = fork(engineEntry(), [], {
      env: { ...process.env, UV_THREADPOOL_SIZE: String(poolThreads(options.threads ?? availableCores())) },
      // Flags of this process (inspector ports, loaders) are not the engine's.
      execArgv: [],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data: Buffer) => {
        this.lastWords = (this.lastWords + data.toString()).slice(-LAST_WORDS_CHARACTERS);
      });
    }
    this.opened = new Promise((resolve, reject) => {
      child.on('message', (report) => {
        if (!isEngineReport(report)) return;
        this.heardAt = performance.now();
        if (report.type === 'opened') resolve(report);
        else if (report.type === 'not-opened') {
          reject(fromEngineFailure(report.failure));
          // It has nothing more to do, and would keep this process alive; the next request starts another.
          child.kill('SIGKILL');
        } else if (report.type === 'notice') onNotice(report.notice);
        else if (report.type === 'pong') this.onPong(report.working);
        else this.pending.get(report.id)?.onReport(report);
      });
      const end = (how: string): void => {
        clearInterval(this.watching);
        this.crashed = this.crash(how);
        reject(this.crashed);
        for (const { onCrash } of this.pending.values()) onCrash(this.crashed);
      };
      child.once('exit', (code, signal) => end(signal ?? `exit code ${code}`));
      child.once('error', (error) => end(error.message));
    });
    // Whoever needs it awaits it; a crash while nobody does is told to the next request.
    this.opened.catch(() => undefined);
    this.send({ type: 'open', options });
  }

  get ended(): boolean {
    return this.crashed !== undefined;
  }

  /** Sends a command of its own id and resolves with the last report on it; others before go to `onReport`. */
  request(
    command: (id: number) => EngineCommand,
    onReport: (report: Answer) => void = () => undefined,
    onId: (id: number) => void = () => undefined,
  ): Promise<Answer> {
    if (this.crashed !== undefined) return Promise.reject(this.crashed);
    const id = ++this.lastId;
    return new Promise<Answer>((resolve, reject) => {
      this.pending.set(id, {
        onReport: (report) => {
          if (report.type === 'delta') onReport(report);
          else if (report.type === 'failed') reject(fromEngineFailure(report.failure));
          else resolve(report);
        },
        onCrash: reject,
      });
      this.send(command(id));
      this.startWatch();
      onId(id);
    }).finally(() => {
      this.pending.delete(id);
      if (this.pending.size === 0) this.stopWatch();
    });
  }

  send(command: EngineCommand): void {
    // A process that has just died is reported by its `exit`.
    if (this.child.connected) this.child.send(command, () => undefined);
  }

  async dispose(): Promise<void> {
    if (this.ended) return;
    const exit = once(this.child, 'exit');
    this.send({ type: 'dispose' });
    const timer = setTimeout(() => this.child.kill('SIGKILL'), DISPOSE_MS);
    await exit;
    clearTimeout(timer);
  }

  private startWatch(): void {
    if (this.watching !== undefined) return;
    this.heardAt = performance.now();
    this.watching = setInterval(() => {
      if (performance.now() - this.heardAt > this.watch.silenceMs) {
        this.lastWords += `\nit gave no sign of life for ${Math.round(this.watch.silenceMs / 1000)} s`;
        this.child.kill('SIGKILL');
        return;
      }
      this.asked = new Set(this.pending.keys());
      this.send({ type: 'ping' });
    }, this.watch.pingMs);
    this.watching.unref();
  }

  private stopWatch(): void {
    clearInterval(this.watching);
    this.watching = undefined;
    this.asked = new Set();
  }

  /** Messages keep their order: what was asked for before the ping, is not worked on and has no answer is lost. */
  private onPong(working: readonly number[]): void {
    const { modelId } = this.options;
    for (const id of this.asked) {
      const lost = this.pending.get(id);
      if (lost === undefined || working.includes(id)) continue;
      const message = `The engine of model "${modelId}" lost a request; it must be asked again.`;
      this.onNotice(message);
      lost.onCrash(new ModelError('Model.Crashed', message, { retryAfterMs: 100 }));
    }
    this.asked = new Set();
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

/**
 * On few cores, decoding must stay on one thread of libuv's pool: moving between several, it is scheduled onto the core
 * where another compute thread spins at a barrier for it. Measured with 2 threads on 2 cores: 4–64 token/s with the
 * default of 4, 164 with 1. Where there are cores to spare, sampling several sequences at once is worth more.
 */
function poolThreads(cores: number): number {
  return cores > 4 ? 4 : 1;
}

function engineEntry(): string {
  const beside = new URL('./engine-process.js', import.meta.url);
  // From TypeScript sources, as in tests, the process is the built one.
  const url = existsSync(beside) ? beside : new URL('../../dist/inference/engine-process.js', import.meta.url);
  return fileURLToPath(url);
}
