import type { EngineFailure } from './engine-failure.js';

/** What every process of native code tells of itself. Messages on one request come in order and carry its id; the last is any but `delta`, `progress` and `step`. */
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

/** Which requests it works on. Those that it was sent before the `ping` and that it has not answered are among them. */
export interface Pong {
  readonly type: 'pong';
  readonly working: readonly WorkReport[];
}

/** What is told of a request that is not answered yet. */
export interface WorkReport {
  readonly id: number;
  /** Missing where the work does not tell. */
  readonly progress?: number;
}

/** How far the model is opened, as a number that changes whenever that comes further. Nothing is told once it is open. */
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

/** What every such process is told, besides its work. */
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
