import { NONE, PieceTrie, ROOT } from './piece-trie.js';

/** A vocabulary of the SentencePiece Unigram type. */
export interface UnigramVocabulary {
  /** Pieces by id, one character per byte (`latin1`); undefined for those that no text is cut into, such as control tokens. */
  readonly pieces: readonly (string | undefined)[];
  /** Logarithm of each piece's probability, by id. */
  readonly scores: Float32Array;
  /** Id of the token for characters that no piece contains. */
  readonly unknown: number;
  /** Score of the unknown token. */
  readonly unknownScore: number;
  /** Whether a space is added before the first word of a text. */
  readonly addsSpace: boolean;
  /** Whether runs of spaces become one space, and spaces at both ends are removed. */
  readonly mergesSpaces: boolean;
}

/**
 * Cuts texts into the most probable pieces, exactly as llama.cpp does for SentencePiece Unigram vocabularies. For a text of n bytes, the
 * time is proportional to n times the length of the longest piece.
 *
 * source: ggml-org/llama.cpp, src/llama-vocab.cpp, `llm_tokenizer_ugm_session`
 */
export class UnigramTokenizer {
  private readonly trie: PieceTrie;
  /** Excludes the pieces, which the trie stores in less memory. */
  private readonly vocabulary: Omit<UnigramVocabulary, 'pieces'>;
  private readonly encoder = new TextEncoder();

  constructor({ pieces, ...vocabulary }: UnigramVocabulary) {
    this.trie = new PieceTrie(pieces);
    this.vocabulary = vocabulary;
  }

  /** Returns the ids of the pieces, without begin and end. Halves of surrogate pairs count as U+FFFD. */
  tokenize(text: string): number[] {
    const bytes = this.withSpacesMarked(this.encoder.encode(text));
    const { unknown, unknownScore, scores } = this.vocabulary;
    const { trie } = this;
    const { length } = bytes;
    // The best segmentation up to each byte: its score, its last piece, and where that piece begins.
    const best = new Float64Array(length + 1).fill(-Number.MAX_VALUE);
    const pieces = new Int32Array(length + 1).fill(unknown);
    const begins = new Uint32Array(length + 1);
    best[0] = 0;
    const offer = (end: number, begin: number, piece: number, score: number): void => {
      if (score <= (best[end] ?? 0)) return;
      best[end] = score;
      pieces[end] = piece;
      begins[end] = begin;
    };
    for (let begin = 0; begin < length;) {
      const characterEnd = Math.min(begin + characterBytes(bytes[begin] ?? 0), length);
      const before = best[begin] ?? 0;
      let isKnown = false;
      let node = ROOT;
      for (let end = begin + 1; end <= length; end++) {
        node = trie.next(node, bytes[end - 1] ?? 0);
        if (node === ROOT) break;
        const piece = trie.pieceAt(node);
        if (piece === NONE) continue;
        if (end === characterEnd) isKnown = true;
        offer(end, begin, piece, before + (scores[piece] ?? 0));
      }
      if (!isKnown) offer(characterEnd, begin, unknown, before + unknownScore);
      begin = characterEnd;
    }
    return this.backwards(pieces, begins);
  }

  /** Follows the best segmentation back from the end. Consecutive unknown pieces become one. */
  private backwards(pieces: Int32Array, begins: Uint32Array): number[] {
    const { unknown } = this.vocabulary;
    const found: number[] = [];
    for (let end = pieces.length - 1; end > 0; end = begins[end] ?? 0) {
      const piece = pieces[end] ?? unknown;
      if (piece !== unknown || found.at(-1) !== unknown) found.push(piece);
    }
    return found.toReversed();
  }

  private withSpacesMarked(text: Uint8Array): Uint8Array {
    const { addsSpace, mergesSpaces } = this.vocabulary;
    const marked = new Uint8Array(text.length * 3 + MARK.length);
    let length = 0;
    const mark = (): void => {
      marked.set(MARK, length);
      length += MARK.length;
    };
    let isMarked = false;
    let inWord = false;
    for (const byte of text) {
      if (byte === SPACE) {
        inWord = false;
        if (!mergesSpaces) mark();
        continue;
      }
      if (!inWord) {
        inWord = true;
        if ((addsSpace && !isMarked) || mergesSpaces) {
          mark();
          isMarked = true;
        }
      }
      marked[length++] = byte;
    }
    return marked.subarray(0, length);
  }
}

const SPACE = 0x20;
/** U+2581, which stands for a space in pieces. */
const MARK = Uint8Array.of(0xe2, 0x96, 0x81);

/** Number of bytes of a character, by its first byte. */
function characterBytes(first: number): number {
  return first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}
