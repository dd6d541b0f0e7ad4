import type { EngineFailure } from './engine-failure.js';
import type { WorkReport } from './native-process-child.js';

/** What every process of native code tells of itself. Messages on one request come in order and carry its id; the last is any but `delta`, `progress` and `step`. */
export type NativeReport<Opened extends object, Answer extends NativeAnswer> =
  | ({ readonly type: 'opened' } & Opened)
  | { readonly type: 'not-opened'; readonly failure: EngineFailure }
  | { readonly type: 'notice'; readonly notice: string }
  /** Which requests it works on. Those that it was sent before the `ping` and that it has not answered are among them. */
  | { readonly type: 'pong'; readonly working: readonly WorkReport[] }
  /** How far the model is opened, as a number that changes whenever that comes further. Nothing is told once it is open. */
  | { readonly type: 'opening'; readonly progress: number }
  | Answer;

export type NativeAnswer = { readonly type: string; readonly id: number } | NativeRefusal;

interface NativeRefusal {
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

export function hasType(message: unknown): boolean {
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

export function isNotOpened(report: {
  readonly type: string;
}): report is { type: 'not-opened'; failure: EngineFailure } {
  return report.type === 'not-opened';
}

export function isNotice(report: { readonly type: string }): report is { type: 'notice'; notice: string } {
  return report.type === 'notice';
}

export function isPong(report: { readonly type: string }): report is { type: 'pong'; working: readonly WorkReport[] } {
  return report.type === 'pong';
}

export function isOpening(report: {
  readonly type: string;
}): report is { readonly type: 'opening'; readonly progress: number } {
  return report.type === 'opening';
}

export function isRefusal(report: { readonly type: string }): report is NativeRefusal {
  return report.type === 'failed';
}
