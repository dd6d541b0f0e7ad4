/** The properties of a request in the engine that matter for a round. */
export interface ActiveRequest {
  readonly id: number;
  /** Prompt tokens still to be evaluated; 0 once it generates. */
  readonly remainingPromptTokens: number;
  /** Prompts with a higher priority are read first. Default: 0. */
  readonly priority?: number;
}

export interface RoundCosts {
  /** Duration of a round that only generates; undefined before the first. */
  readonly generatingRoundMs?: number;
  /** Prefill time per token; undefined before the first slice. */
  readonly prefillTokenMs?: number;
}

export interface RoundPlan {
  /** Requests that each get one token. */
  readonly generate: readonly number[];
  /** The one request whose prompt is evaluated further, and the number of its tokens. */
  readonly prefill?: { readonly id: number; readonly tokens: number };
}

/**
 * A slice beside requests that generate may lengthen the round to this multiple of a round without it. Small slices cost little on a CPU:
 * measured, 4 tokens take 30 ms and 8 take 55.
 */
const LONGEST_PAUSE = 2.5;
/** Duration of a slice when no other request waits; also the longest delay before a cancellation is noticed. */
const LONE_SLICE_MS = 80;
/**
 * A slice may take a few extra tokens to finish the prompt, because a separate round for them would delay the first token of the answer by
 * a whole round.
 */
const LONGEST_LAST_SLICE = 4 / 3;
/** Interval, in rounds, at which a prompt of any priority may get the slice. */
const ANYBODYS_TURN = 7;
const FIRST_SLICE_TOKENS = 32;
const SMALLEST_SLICE_TOKENS = 8;
const SMALLEST_SLICE_BESIDE_OTHERS_TOKENS = 2;

/**
 * Plans one round: a token for each request that generates and at most one slice of one prompt, sized so that it does not delay the others'
 * tokens too much. `turn` counts rounds. Waiting prompts of the highest priority present take slices in turn, so that a short one need not
 * wait for a long one; from time to time the others get a slice, so that none waits forever.
 */
export function planRound(
  active: readonly ActiveRequest[],
  costs: RoundCosts,
  limits: { readonly batchTokens: number; readonly turn: number },
): RoundPlan {
  const generate = active.filter((request) => request.remainingPromptTokens === 0).map(({ id }) => id);
  const waiting = active.filter((request) => request.remainingPromptTokens > 0);
  const highest = Math.max(...waiting.map(({ priority = 0 }) => priority));
  const first = waiting.filter(({ priority = 0 }) => priority === highest);
  const turns = limits.turn % ANYBODYS_TURN === 0 ? waiting : first;
  const next = turns[limits.turn % Math.max(1, turns.length)];
  if (next === undefined) return { generate };
  const room = limits.batchTokens - generate.length;
  const slice = sliceTokens(costs, generate.length > 0);
  const isNearlyAll = next.remainingPromptTokens <= slice * LONGEST_LAST_SLICE;
  const tokens = Math.min(next.remainingPromptTokens, room, isNearlyAll ? Number.POSITIVE_INFINITY : slice);
  return tokens > 0 ? { generate, prefill: { id: next.id, tokens } } : { generate };
}

function sliceTokens({ generatingRoundMs, prefillTokenMs }: RoundCosts, othersGenerate: boolean): number {
  if (prefillTokenMs === undefined) return FIRST_SLICE_TOKENS;
  const allowedMs =
    othersGenerate && generatingRoundMs !== undefined
      ? Math.min(LONE_SLICE_MS, generatingRoundMs * (LONGEST_PAUSE - 1))
      : LONE_SLICE_MS;
  const smallest = othersGenerate ? SMALLEST_SLICE_BESIDE_OTHERS_TOKENS : SMALLEST_SLICE_TOKENS;
  return Math.max(smallest, Math.floor(allowedMs / prefillTokenMs));
}
