import { toEngineFailure, type EngineFailure } from './engine-failure.js';

/** The side of the process itself, of what `NativeProcess` is to its parent. */
export interface ParentLink<Report> {
  report(report: Report): void;
  /** Reports what the work gives, or that it failed. */
  answer(id: number, work: () => Promise<Report>): Promise<void>;
  /** Work that `cancel` of the same id aborts. `cancelled`: it was before it was sent. */
  cancellable<T>(id: number, cancelled: boolean, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  cancel(id: number): void;
  /** Ends this process. */
  leave(): never;
}

/** Obeys the parent until it ends, or says so. */
export function linkToParent<Command, Report extends object>(
  isCommand: (message: unknown) => message is Command,
  obey: (command: Command) => Promise<void>,
): ParentLink<Report | { readonly type: 'failed'; readonly id: number; readonly failure: EngineFailure }> {
  type Any =
    | Report
    | { readonly type: 'failed'; readonly id: number; readonly failure: EngineFailure }
    | { readonly type: 'pong'; readonly working: readonly number[] };
  const running = new Map<number, AbortController>();
  /** Requests that are not answered yet. */
  const working = new Set<number>();
  const report = (message: Any): void => {
    // A parent that has just died makes this fail; the disconnect that follows ends this process.
    if (process.connected) process.send?.(message, undefined, {}, () => undefined);
  };
  // Ctrl-C and service managers signal the whole group: the parent decides when running work ends, and says so.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  // However the parent ends, the channel closes.
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message) => {
    if (isPing(message)) report({ type: 'pong', working: [...working] });
    else if (isCommand(message)) void obey(message);
  });
  return {
    report,
    async answer(id, work) {
      working.add(id);
      try {
        report(await work());
      } catch (error) {
        report({ type: 'failed', id, failure: toEngineFailure(error) });
      } finally {
        working.delete(id);
      }
    },
    async cancellable(id, cancelled, work) {
      const controller = new AbortController();
      if (cancelled) controller.abort();
      running.set(id, controller);
      try {
        return await work(controller.signal);
      } finally {
        running.delete(id);
      }
    },
    cancel: (id) => running.get(id)?.abort(),
    leave() {
      process.disconnect();
      process.exit(0);
    },
  };
}

function isPing(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'ping';
}
