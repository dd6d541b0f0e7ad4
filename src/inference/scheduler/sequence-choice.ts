/** Content of a sequence of the KV cache. */
export interface SequenceState {
  readonly id: number;
  readonly tokens: readonly number[];
  /** Whether it serves a request; it may then be copied from, but not taken. */
  readonly busy: boolean;
  /** Any number that grows with time. */
  readonly lastUsed: number;
}

export interface SequenceChoice {
  readonly id: number;
  /** Number of tokens of the prompt that the sequence already holds. */
  readonly keep: number;
  /** Another sequence whose first `keep` tokens must be copied first. */
  readonly copyFrom?: number;
  /** Name of a snapshot whose first `keep` tokens must be loaded first. */
  readonly load?: string;
}

/** Below this number of tokens, evaluating again is cheaper than copying or loading a sequence's whole state. */
const WORTH_COPYING_TOKENS = 64;

/**
 * Chooses the sequence for a prompt; undefined if all are busy. It prefers the free sequence with the longest common prefix, if the prompt
 * continues it (keeping at least half of its content). Otherwise it takes an empty sequence, or the least recently used one, and copies or
 * loads the longest common prefix from another place if that is worth it.
 *
 * Thus two conversations that share a persona do not evict each other while there is room.
 */
export function chooseSequence(
  prompt: readonly number[],
  sequences: readonly SequenceState[],
  snapshots: readonly { readonly name: string; readonly tokens: readonly number[] }[] = [],
): SequenceChoice | undefined {
  const all = sequences.map((state) => ({ ...state, common: commonPrefixLength(prompt, state.tokens) }));
  const free = all.filter(({ busy }) => !busy);
  const best = longest(free);
  if (best === undefined) return undefined;
  const stored = longest(snapshots.map(({ name, tokens }) => ({ name, common: commonPrefixLength(prompt, tokens) })));
  const held = longest(all)?.common ?? 0;
  const load = stored !== undefined && stored.common >= held + WORTH_COPYING_TOKENS ? stored : undefined;
  const continues = best.common > 0 && best.common * 2 >= best.tokens.length;
  if (continues) {
    return load === undefined
      ? { id: best.id, keep: best.common }
      : { id: best.id, keep: load.common, load: load.name };
  }

  const oldest = free.toSorted(
    (a, b) => Number(a.tokens.length > 0) - Number(b.tokens.length > 0) || a.lastUsed - b.lastUsed,
  )[0];
  if (oldest === undefined) return undefined;
  if (load !== undefined) return { id: oldest.id, keep: load.common, load: load.name };
  const source = longest(all);
  if (source !== undefined && source.id !== oldest.id && source.common >= oldest.common + WORTH_COPYING_TOKENS) {
    return { id: oldest.id, keep: source.common, copyFrom: source.id };
  }
  return { id: oldest.id, keep: oldest.common };
}

function longest<T extends { readonly common: number }>(states: readonly T[]): T | undefined {
  return states.reduce<T | undefined>(
    (best, state) => (best === undefined || state.common > best.common ? state : best),
    undefined,
  );
}

export function commonPrefixLength(a: readonly number[], b: readonly number[]): number {
  const end = Math.min(a.length, b.length);
  let at = 0;
  while (at < end && a[at] === b[at]) at++;
  return at;
}
