import { setTimeout as sleep } from 'node:timers/promises';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const DEFAULT_LIMIT_MS = 15_000;
/** Under npm, one Ctrl-C can arrive twice, from the terminal and from npm; a second Ctrl-C by the user comes later. */
const SAME_KEYSTROKE_MS = 500;

export interface ShutdownOptions {
  /** Receives notices about closers that fail or take too long. */
  readonly onNotice: (message: string) => void;
  /** Ends the process. Default: `process.exit`. */
  readonly exit?: (code: number) => void;
}

/**
 * The only place where this process handles its end. Closes resources in reverse order of opening. Each closer runs once, regardless of the
 * number of signals and calls, and a closer that fails or exceeds its time limit does not block the others.
 */
export class Shutdown {
  private readonly closers: { readonly name: string; readonly close: () => unknown; readonly limitMs: number }[] = [];
  private readonly started = new AbortController();
  private running: Promise<boolean> | undefined;
  private signalledAt: number | undefined;

  constructor(private readonly options: ShutdownOptions) {}

  /** Aborts when the shutdown begins; everything that is still starting should then stop. */
  get signal(): AbortSignal {
    return this.started.signal;
  }

  /** Adds a closer; notices use its `name`. A closer added after the shutdown has begun runs with the remaining ones. */
  add(name: string, close: () => unknown, limitMs = DEFAULT_LIMIT_MS): void {
    this.closers.push({ name, close, limitMs });
    if (this.running !== undefined) this.running = this.running.then(async (clean) => (await this.closeAll()) && clean);
  }

  /** Runs all closers; resolves with whether all succeeded. It does not end the process. */
  run(): Promise<boolean> {
    if (this.running === undefined) {
      this.started.abort(new Error('The stack is shutting down.'));
      this.running = this.closeAll();
    }
    return this.running;
  }

  /**
   * From now on, SIGINT, SIGTERM and SIGHUP run the shutdown and end the process: with exit code 0 if all closers succeeded, otherwise 1. A
   * second SIGINT, half a second or more after the first, ends it at once with 130. Returns a function that stops listening.
   */
  listen(): () => void {
    const exit = this.options.exit ?? ((code): void => process.exit(code));
    const onSignal = (signal: NodeJS.Signals): void => {
      const since = this.signalledAt;
      this.signalledAt ??= performance.now();
      if (since === undefined) void this.finish(exit);
      else if (signal === 'SIGINT' && performance.now() - since >= SAME_KEYSTROKE_MS) exit(130);
    };
    for (const signal of SIGNALS) process.on(signal, onSignal);
    return () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    };
  }

  private async finish(exit: (code: number) => void): Promise<void> {
    let clean = await this.run();
    // More closers may have been added meanwhile.
    while (this.closers.length > 0) clean = (await this.run()) && clean;
    exit(clean ? 0 : 1);
  }

  private async closeAll(): Promise<boolean> {
    let clean = true;
    for (let closer = this.closers.pop(); closer !== undefined; closer = this.closers.pop()) {
      const { name, close, limitMs } = closer;
      const overrun = new AbortController();
      try {
        const closing = (async () => {
          await close();
          return 'closed';
        })();
        const outcome = await Promise.race([closing, sleep(limitMs, 'overrun', { signal: overrun.signal })]);
        if (outcome === 'overrun') {
          clean = false;
          this.options.onNotice(`Closing ${name} takes longer than ${limitMs / 1_000} s; not waiting for it.`);
        }
      } catch (error) {
        clean = false;
        this.options.onNotice(`Closing ${name} failed: ${error instanceof Error ? error.message : String(error)}`);
      }
      overrun.abort();
    }
    return clean;
  }
}
