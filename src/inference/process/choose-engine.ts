/** One of the processes that a model runs in. */
export interface EngineLoad {
  /** Number of requests that it is working on. */
  readonly busy: number;
}

export interface EnginesState {
  /** At least one. */
  readonly engines: readonly EngineLoad[];
  /** Whether another engine may be started. */
  readonly mayStart: boolean;
  /** The engine that answered this conversation last, and how many of the conversation's tokens it then held. */
  readonly holder?: { readonly index: number; readonly tokens: number } | undefined;
}

/** With fewer tokens than this, reading them again costs less than sharing an engine with another answer: about a second on a core of 2026. */
const WORTH_SHARING_TOKENS = 256;

/**
 * Chooses the engine for a request: the one that holds the conversation, unless that is short and another engine has less work; otherwise
 * an idle one; otherwise a new one (the index after the last); otherwise the one with the least work. Requests that never overlap stay on
 * the first engine.
 */
export function chooseEngine({ engines, mayStart, holder }: EnginesState): number {
  const busyOf = (index: number): number => engines[index]?.busy ?? 0;
  const idlest = engines.reduce((best, { busy }, index) => (busy < busyOf(best) ? index : best), 0);
  const canStart = mayStart && busyOf(idlest) > 0;
  if (holder !== undefined) {
    const isIdlest = busyOf(holder.index) <= busyOf(idlest) && !canStart;
    if (isIdlest || holder.tokens >= WORTH_SHARING_TOKENS) return holder.index;
  }
  return canStart ? engines.length : idlest;
}
