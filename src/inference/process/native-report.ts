import type { EngineFailure } from './engine-failure.js';

/**
 * Reports of every process for native code. Messages about one request come in order and carry its id; the last one is of any type but
 * `delta`, `progress` and `step`.
 */
export type NativeReport<Opened extends object, Answer extends NativeAnswer> =
  | ({ readonly type: 'opened' } & Opened)
  | NotOpened
  | { readonly type: 'notice'; readonly notice: string }
  | Pong
  | Opening
  | Answer;

export interface NotOpened {
  readonly type: 'not-opened';
  readonly failure: EngineFailure;
}

/** The requests that the process is working on. They include those sent before the `ping` and not answered yet. */
export interface Pong {
  readonly type: 'pong';
  readonly working: readonly WorkReport[];
}

/** Report on a request without a final answer yet. */
export interface WorkReport {
  readonly id: number;
  /** Missing if the work does not report progress. */
  readonly progress?: number;
}

/** Progress of opening the model, as a number that changes with each step. Not sent once the model is open. */
export interface Opening {
  readonly type: 'opening';
  readonly progress: number;
}

export type NativeAnswer = { readonly type: string; readonly id: number } | NativeRefusal;

export interface NativeRefusal {
  readonly type: 'failed';
  readonly id: number;
  readonly failure: EngineFailure;
}

/** Orders to every such process, besides its work. */
export type NativeOrder =
  | { readonly type: 'cancel'; readonly id: number }
  /** Ends the process once running requests have ended as cancelled. */
  | { readonly type: 'dispose' };

/** Asks for a `pong`. */
export interface Ping {
  readonly type: 'ping';
}

/** Asks for `opening`. */
export interface AskOpening {
  readonly type: 'ask-opening';
}

export function hasType(message: unknown): message is { readonly type: unknown } {
  return typeof message === 'object' && message !== null && 'type' in message;
}

export function isAnswer<Answer extends NativeAnswer>(report: NativeReport<object, Answer>): report is Answer {
  return 'id' in report;
}

export function isOpened<Opened extends object>(
  report: NativeReport<Opened, NativeAnswer>,
): report is { readonly type: 'opened' } & Opened {
  return report.type === 'opened';
}

export function isNotOpened(report: { readonly type: string }): report is NotOpened {
  return report.type === 'not-opened';
}

export function isNotice(report: { readonly type: string }): report is { type: 'notice'; notice: string } {
  return report.type === 'notice';
}

export function isPong(report: { readonly type: string }): report is Pong {
  return report.type === 'pong';
}

export function isOpening(report: { readonly type: string }): report is Opening {
  return report.type === 'opening';
}

export function isRefusal(report: { readonly type: string }): report is NativeRefusal {
  return report.type === 'failed';
}
