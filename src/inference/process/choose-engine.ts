/** One of the processes that a model runs in. */
export interface EngineLoad {
  /** Requests that it works on. */
  readonly busy: number;
}

export interface EnginesState {
  /** At least one. */
  readonly engines: readonly EngineLoad[];
  /** Whether another one may be started. */
  readonly mayStart: boolean;
  /** Which one answered this conversation last, and how many tokens it then held of it. */
  readonly holder?: { readonly index: number; readonly tokens: number } | undefined;
}

/** Reading fewer again costs less than sharing an engine with one more answer: about a second on a core of 2026. */
const WORTH_SHARING_TOKENS = 256;

/**
 * Which engine answers a request: the one that holds the conversation, unless that is short and another has less to do; else one that is
 * idle, else a new one (the index behind the last), else the one with the least to do. One request at a time stays with the first.
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
