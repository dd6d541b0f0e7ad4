import { toEngineFailure } from './engine-failure.js';
import {
  hasType,
  type NativeRefusal,
  type NotOpened,
  type Opening,
  type Pong,
  type WorkReport,
} from './native-report.js';

/** The side of the process itself, of what `NativeProcess` is to its parent. */
export interface ParentLink<Report> {
  report(report: Report): void;
  /** Reports what opening the model gives, or that it is not open. `onProgress`: it has come further. */
  open(work: (onProgress: () => void) => Promise<Report>): Promise<void>;
  /** Reports what the work gives, or that it failed. */
  answer(id: number, work: () => Promise<Report>, progress?: ProgressOf): Promise<void>;
  /** The same of work that `cancel` of the same id aborts. `cancelled`: it was before it was sent. */
  cancellable(
    request: { readonly id: number; readonly cancelled: boolean },
    work: (signal: AbortSignal) => Promise<Report>,
    progress?: (signal: AbortSignal) => ReturnType<ProgressOf>,
  ): Promise<void>;
  cancel(id: number): void;
  /** Ends this process. */
  leave(): never;
}

/** How far a request is, as a number that changes whenever it comes further; undefined when nobody works on it. */
export type ProgressOf = () => number | undefined;

/** Obeys the parent until it ends, or says so. */
export function linkToParent<Command, Report extends object>(
  isCommand: (message: unknown) => message is Command,
  obey: (command: Command) => Promise<void>,
): ParentLink<Report | NativeRefusal> {
  const running = new Map<number, AbortController>();
  /** Requests that are not answered yet. */
  const working = new Map<number, ProgressOf | undefined>();
  /** How often the model that is being opened has come further. */
  let opening: number | undefined;
  const report = (message: Report | NativeRefusal | NotOpened | Opening | Pong): void => {
    // A parent that has just died makes this fail; the disconnect that follows ends this process.
    if (process.connected) process.send?.(message, undefined, {}, () => undefined);
  };
  // Ctrl-C and service managers signal the whole group: the parent decides when running work ends, and says so.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  // However the parent ends, the channel closes.
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message) => {
    if (isOfType(message, 'ping')) report({ type: 'pong', working: workReports(working) });
    else if (isOfType(message, 'ask-opening')) {
      // Native code reads files without a word of how far it is: what the disk gave it counts, too.
      if (opening !== undefined) report({ type: 'opening', progress: opening + process.resourceUsage().fsRead });
    } else if (isCommand(message)) void obey(message);
  });
  const answer = async (
    id: number,
    work: () => Promise<Report | NativeRefusal>,
    progress?: ProgressOf,
  ): Promise<void> => {
    working.set(id, progress);
    try {
      report(await work());
    } catch (error) {
      report({ type: 'failed', id, failure: toEngineFailure(error) });
    } finally {
      working.delete(id);
    }
  };
  return {
    report,
    answer,
    async open(work) {
      opening = 0;
      try {
        report(await work(() => void (opening = (opening ?? 0) + 1)));
      } catch (error) {
        report({ type: 'not-opened', failure: toEngineFailure(error) });
      } finally {
        opening = undefined;
      }
    },
    async cancellable({ id, cancelled }, work, progress) {
      const controller = new AbortController();
      const { signal } = controller;
      if (cancelled) controller.abort();
      running.set(id, controller);
      await answer(id, () => work(signal), progress && (() => progress(signal)));
      running.delete(id);
    },
    cancel: (id) => running.get(id)?.abort(),
    leave() {
      process.disconnect();
      process.exit(0);
    },
  };
}

/** Of requests that nobody works on nothing is told: the parent takes them for lost. */
function workReports(working: ReadonlyMap<number, ProgressOf | undefined>): WorkReport[] {
  return [...working].flatMap(([id, progressOf]) => {
    if (progressOf === undefined) return [{ id }];
    const progress = progressOf();
    return progress === undefined ? [] : [{ id, progress }];
  });
}

function isOfType(message: unknown, type: string): boolean {
  return hasType(message) && message.type === type;
}
