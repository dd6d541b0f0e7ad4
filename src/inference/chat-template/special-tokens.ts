/** A vocabulary token that represents a mark instead of text, or that is matched before all other tokens. */
export interface SpecialToken {
  readonly token: number;
  readonly text: string;
  /** Tokenized wherever it occurs, even in plain text (`user_defined` in GGUF files). */
  readonly isUserDefined: boolean;
  /** White space before or after the token is dropped. */
  readonly stripsLeft: boolean;
  readonly stripsRight: boolean;
}

/** Finds special tokens in texts; built once for a vocabulary. */
export class SpecialTokenIndex {
  /** Tokens by their first two UTF-16 units; longest first. */
  private readonly byStart = new Map<string, SpecialToken[]>();

  constructor(readonly tokens: readonly SpecialToken[]) {
    for (const token of longestFirst(tokens)) {
      if (token.text === '') continue;
      const start = token.text.slice(0, 2);
      const alike = this.byStart.get(start);
      if (alike) alike.push(token);
      else this.byStart.set(start, [token]);
    }
  }

  /** The longest token at a position of a text. */
  at(text: string, position: number): SpecialToken | undefined {
    const alike = [
      ...(this.byStart.get(text.slice(position, position + 2)) ?? []),
      ...(this.byStart.get(text.slice(position, position + 1)) ?? []),
    ];
    return alike.find((token) => text.startsWith(token.text, position));
  }

  /** All tokens that occur anywhere in a text, longest first. */
  within(text: string): readonly SpecialToken[] {
    const found = new Set<SpecialToken>();
    for (let position = 0; position < text.length; position += 1) {
      for (const token of this.byStart.get(text.slice(position, position + 2)) ?? []) {
        if (text.startsWith(token.text, position)) found.add(token);
      }
      for (const token of this.byStart.get(text.slice(position, position + 1)) ?? []) found.add(token);
    }
    return longestFirst([...found]);
  }
}

/**
 * Cuts a text at its special tokens, as llama.cpp does: the longest token first, over the whole text.
 *
 * source: https://github.com/ggml-org/llama.cpp/blob/v0.5.0/src/llama-vocab.cpp (tokenizer_st_partition)
 */
export function splitAtSpecialTokens(text: string, index: SpecialTokenIndex): readonly (string | SpecialToken)[] {
  let fragments: readonly (string | SpecialToken)[] = [text];
  for (const token of index.within(text)) {
    fragments = fragments.flatMap((fragment) => (typeof fragment === 'string' ? splitAt(fragment, token) : [fragment]));
  }
  return fragments.filter((fragment) => fragment !== '');
}

function splitAt(text: string, token: SpecialToken): readonly (string | SpecialToken)[] {
  const [first = '', ...rest] = text.split(token.text);
  const pieces: (string | SpecialToken)[] = [first];
  for (const piece of rest) {
    const before = pieces.at(-1);
    if (token.stripsLeft && typeof before === 'string') pieces.splice(-1, 1, before.replace(/[ \t-\r]+$/u, ''));
    pieces.push(token, token.stripsRight ? piece.replace(/^[ \t-\r]+/u, '') : piece);
  }
  return pieces;
}

function longestFirst(tokens: readonly SpecialToken[]): readonly SpecialToken[] {
  const bytes = new Map(tokens.map((token) => [token, Buffer.byteLength(token.text)]));
  return tokens.toSorted((left, right) => (bytes.get(right) ?? 0) - (bytes.get(left) ?? 0));
}
