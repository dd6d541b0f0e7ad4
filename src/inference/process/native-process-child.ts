import { toEngineFailure } from './engine-failure.js';
import {
  hasType,
  type NativeRefusal,
  type NotOpened,
  type Opening,
  type Pong,
  type WorkReport,
} from './native-report.js';

/** The child's side of the connection; `NativeProcess` is the parent's side. */
export interface ParentLink<Report> {
  report(report: Report): void;
  /** Reports the result of opening the model, or the failure. `onProgress` is called at each progress. */
  open(work: (onProgress: () => void) => Promise<Report>): Promise<void>;
  /** Reports the result of the work, or its failure. */
  answer(id: number, work: () => Promise<Report>, progress?: ProgressOf): Promise<void>;
  /** The same for work that `cancel` with the same id aborts. `cancelled`: it was aborted before it was sent. */
  cancellable(
    request: { readonly id: number; readonly cancelled: boolean },
    work: (signal: AbortSignal) => Promise<Report>,
    progress?: (signal: AbortSignal) => ReturnType<ProgressOf>,
  ): Promise<void>;
  cancel(id: number): void;
  /** Ends this process. */
  leave(): never;
}

/** Progress of a request, as a number that changes with each step; undefined if nothing works on the request. */
export type ProgressOf = () => number | undefined;

/** Obeys the parent until the parent ends or sends `dispose`. */
export function linkToParent<Command, Report extends object>(
  isCommand: (message: unknown) => message is Command,
  obey: (command: Command) => Promise<void>,
): ParentLink<Report | NativeRefusal> {
  const running = new Map<number, AbortController>();
  /** Requests without a final answer yet. */
  const working = new Map<number, ProgressOf | undefined>();
  /** Number of steps that opening the model has made. */
  let opening: number | undefined;
  const report = (message: Report | NativeRefusal | NotOpened | Opening | Pong): void => {
    // Sending fails if the parent has just died; the disconnect that follows ends this process.
    if (process.connected) process.send?.(message, undefined, {}, () => undefined);
  };
  // Ctrl-C and service managers signal the whole group, so this process ignores them: the parent decides when running work ends, and tells
  // it.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => undefined);
  // The channel closes however the parent ends.
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message) => {
    if (isOfType(message, 'ping')) report({ type: 'pong', working: workReports(working) });
    else if (isOfType(message, 'ask-opening')) {
      // Native code reads files without reporting progress, so reads from disk count as well.
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

/** Omits requests that nothing works on, so that the parent considers them lost. */
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
