/**
 * A trie of the bytes of a vocabulary's pieces, in 9 bytes per node: 250,000 pieces take some 8 MB, while llama.cpp's tables take over 100.
 * Nodes are numbered level by level, so that the children of a node are adjacent, in the order of their bytes.
 */
export class PieceTrie {
  /** The children of a node are numbered from its own entry here up to the next node's entry. */
  private readonly firstChild: Uint32Array;
  /** The byte that leads to a node. */
  private readonly bytes: Uint8Array;
  /** The piece that ends at a node, or `NONE`. */
  private readonly pieces: Int32Array;
  /** The root's children by byte, for quick access, since every piece of a text begins there. */
  private readonly first = new Uint32Array(256);

  /** @param pieces one character per byte (`latin1`). Of equal pieces the last one counts; pieces to leave out of the trie are undefined. */
  constructor(pieces: readonly (string | undefined)[]) {
    const ids = [...pieces.keys()].filter((id) => (pieces[id] ?? '') !== '');
    const textOf = (at: number): string => pieces[ids[at] ?? 0] ?? '';
    ids.sort((a, b) => compare(pieces[a] ?? '', pieces[b] ?? '') || a - b);
    const most = ids.reduce((sum, id) => sum + (pieces[id] ?? '').length, 1);
    const bytes = new Uint8Array(most);
    const ending = new Int32Array(most).fill(NONE);
    const firstChild = new Uint32Array(most + 1);
    // For each node, the pieces below it as a range of the sorted pieces.
    const from = new Uint32Array(most);
    const to = new Uint32Array(most);
    to[0] = ids.length;
    let nodes = 1;
    let levelEnd = 1;
    for (let node = 0, depth = 0; node < nodes; node++) {
      if (node === levelEnd) {
        depth++;
        levelEnd = nodes;
      }
      const end = to[node] ?? 0;
      let at = from[node] ?? 0;
      for (; at < end && textOf(at).length === depth; at++) ending[node] = ids[at] ?? NONE;
      firstChild[node] = nodes;
      while (at < end) {
        const byte = textOf(at).charCodeAt(depth);
        bytes[nodes] = byte;
        from[nodes] = at;
        while (at < end && textOf(at).charCodeAt(depth) === byte) at++;
        to[nodes++] = at;
      }
    }
    firstChild[nodes] = nodes;
    this.firstChild = firstChild.slice(0, nodes + 1);
    this.bytes = bytes.slice(0, nodes);
    this.pieces = ending.slice(0, nodes);
    for (let node = 1; node < (firstChild[1] ?? 0); node++) this.first[bytes[node] ?? 0] = node;
  }

  /** The node that a byte leads to; `ROOT` if there is none. */
  next(node: number, byte: number): number {
    if (node === ROOT) return this.first[byte] ?? ROOT;
    let low = this.firstChild[node] ?? 0;
    let high = this.firstChild[node + 1] ?? 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = this.bytes[middle] ?? 0;
      if (found === byte) return middle;
      if (found < byte) low = middle + 1;
      else high = middle;
    }
    return ROOT;
  }

  /** The piece that ends at a node, or `NONE`. */
  pieceAt(node: number): number {
    return this.pieces[node] ?? NONE;
  }
}

/** The node where every piece begins. No byte leads back to it. */
export const ROOT = 0;
/** Stands for the absence of a piece. */
export const NONE = -1;

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
