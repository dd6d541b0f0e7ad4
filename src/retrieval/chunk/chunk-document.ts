import type { ParsedDocument, TextChunk } from '../../domain/knowledge/retrieval.js';
import { sentences, trimmed, type Span } from '../../domain/words/sentences.js';
import { blocksOf, graphemesOf, unitsOf, type Block } from './blocks.js';
import { TokenEstimate, weightOf } from './estimate-tokens.js';
import { placeOf } from './place-chunk.js';
import { sectionsOf } from './sections.js';
import { TableHeaders } from './table-headers.js';

export interface ChunkOptions {
  /**
   * Counts the tokens of each text with the tokenizer of the embedding model, including the tokens that the model adds, in the order of the
   * texts.
   */
  readonly countTokens: (texts: readonly string[]) => Promise<readonly number[]>;
  /** Maximum size of a chunk, by `countTokens`. */
  readonly maxTokens: number;
  /** Size of the overlap: each chunk begins with the last whole sentences of the previous one of its section, by estimate. Default: 0. */
  readonly overlapTokens?: number;
  readonly signal?: AbortSignal;
}

/** A chunk planned by estimate; it becomes a chunk if its counted tokens fit. */
interface Candidate extends Span {
  /** Where the overlap with the previous chunk ends; `start` if there is none. */
  readonly fresh: number;
  readonly headings: readonly string[];
}

/** Number of texts counted at once; few at first, while the estimate has not learnt anything yet. */
const BATCH = 64;
const FIRST_BATCH = 4;
/** Share of the budget that is planned by estimate; the rest allows for low estimates. */
const PLANNED_SHARE = 0.92;
/** The same when a chunk is cut again because the estimate was too low. */
const CUT_SHARE = 0.85;

/**
 * Cuts a document into chunks of at most `maxTokens`: at headings, then between paragraphs, then between list items, lines of tables and
 * code, or sentences, then between words, and only then within a word. A user-perceived character is never cut, unless it has more than 64
 * code units. The chunks contain all of the text except the space between them, and with an overlap some of it twice. Holds only the text
 * and the chunks of one batch in memory, and counts nearly every chunk only once.
 *
 * @throws {RangeError} if a single character has more tokens than `maxTokens`.
 */
export async function* chunkDocument(
  document: Pick<ParsedDocument, 'text' | 'headings' | 'pages' | 'source' | 'tables'>,
  options: ChunkOptions,
): AsyncGenerator<TextChunk> {
  const { text } = document;
  const { countTokens, maxTokens, overlapTokens = 0, signal } = options;
  const estimate = new TokenEstimate();
  const headers = await TableHeaders.of(document, maxTokens, countTokens);
  let index = 0;
  let batchSize = FIRST_BATCH;
  const chunk = ({ start, end, headings }: Candidate, tokens: number): TextChunk => {
    const header = headers.before(start);
    const whole = header + text.slice(start, end);
    const repeated = header === '' ? {} : { repeated: header.length };
    const place = placeOf(document, { start, end }, whole, header.length);
    return { index: index++, text: whole, start, end, ...repeated, headings, ...place, tokens };
  };
  const budget = { maxTokens, overlapTokens, headers };
  for (const batch of inBatches(candidatesOf(document, estimate, budget), () => batchSize)) {
    signal?.throwIfAborted();
    batchSize = BATCH;
    const counts = await countTokens(batch.map((candidate) => headers.withHeader(candidate)));
    for (const [position, candidate] of batch.entries()) {
      const tokens = counts[position] ?? Infinity;
      const header = headers.before(candidate.start);
      estimate.learn(weightOf(header, 0, header.length) + weightOf(text, candidate.start, candidate.end), tokens);
      if (tokens <= maxTokens) yield chunk(candidate, tokens);
      else {
        for await (const part of cutDown(text, candidate, tokens, { ...options, headers }))
          yield chunk(part.candidate, part.tokens);
      }
    }
  }
}

function* candidatesOf(
  document: Pick<ParsedDocument, 'text' | 'headings'>,
  estimate: TokenEstimate,
  {
    maxTokens,
    overlapTokens,
    headers,
  }: { readonly maxTokens: number; readonly overlapTokens: number; readonly headers: TableHeaders },
): Generator<Candidate> {
  const { text } = document;
  for (const { start, end, headings } of sectionsOf(document)) {
    const blocks = blocksOf(text, start, end);
    for (const span of packed(text, blocks, estimate, { target: maxTokens * PLANNED_SHARE, overlapTokens, headers })) {
      yield { ...span, headings };
    }
  }
}

/** Units in order, combined as long as the estimate fits. */
function* packed(
  text: string,
  blocks: Iterable<Block>,
  estimate: TokenEstimate,
  {
    target,
    overlapTokens,
    headers,
  }: { readonly target: number; readonly overlapTokens: number; readonly headers: TableHeaders },
): Generator<Omit<Candidate, 'headings'>> {
  let current: (Omit<Candidate, 'headings'> & { readonly tokens: number }) | undefined;
  const headerTokens = (start: number): number => {
    const header = headers.before(start);
    return estimate.of(header, 0, header.length);
  };
  const fits = ({ start, end }: Span): boolean => estimate.fits(text, start, end, target - headerTokens(start));
  for (const block of blocks) {
    for (const unit of unitsOf(text, block, fits)) {
      const unitTokens = estimate.of(text, unit.start, unit.end);
      if (current !== undefined && current.tokens + unitTokens <= target) {
        current = { ...current, end: unit.end, tokens: current.tokens + unitTokens };
        continue;
      }
      let start = unit.start;
      if (current !== undefined) {
        yield current;
        const room = Math.min(overlapTokens, target - unitTokens - headerTokens(unit.start));
        start = overlapStart(text, current, estimate, room) ?? start;
      }
      const tokens = headerTokens(start) + (start === unit.start ? unitTokens : estimate.of(text, start, unit.end));
      current = { start, fresh: unit.start, end: unit.end, tokens };
    }
  }
  if (current !== undefined) yield current;
}

/** Start of the last sentences of a chunk that fit `maxTokens` together; undefined if even the last one does not fit. */
function overlapStart(
  text: string,
  { start, end }: Span,
  estimate: TokenEstimate,
  maxTokens: number,
): number | undefined {
  if (maxTokens <= 0) return undefined;
  // Sentences that begin before this are too long.
  const from = Math.max(start, end - Math.ceil(maxTokens * 50));
  // The first sentence is the chunk's own beginning, or cut.
  const [, ...others] = sentences(text, from, end);
  return others.find((sentence) => estimate.fits(text, sentence.start, end, maxTokens))?.start;
}

/** Cuts a candidate with too many tokens into parts that fit. */
async function* cutDown(
  text: string,
  candidate: Candidate,
  tokens: number,
  options: ChunkOptions & { readonly headers: TableHeaders },
): AsyncGenerator<{ readonly candidate: Candidate; readonly tokens: number }> {
  const { countTokens, maxTokens, headers, signal } = options;
  signal?.throwIfAborted();
  // Without the overlap it may fit. If it were cut into parts, one of them might be nothing but overlap.
  const { fresh } = candidate;
  const parts =
    fresh > candidate.start
      ? [{ start: fresh, end: candidate.end }]
      : partsOf(text, candidate, tokens, { maxTokens, headers });
  const counts = await countTokens(parts.map((part) => headers.withHeader(part)));
  for (const [position, part] of parts.entries()) {
    const smaller = { ...part, fresh: part.start, headings: candidate.headings };
    const partTokens = counts[position] ?? Infinity;
    if (partTokens <= maxTokens) yield { candidate: smaller, tokens: partTokens };
    else yield* cutDown(text, smaller, partTokens, options);
  }
}

/** At least two parts, unless the span is a single character. */
function partsOf(
  text: string,
  { start, end }: Span,
  tokens: number,
  { maxTokens, headers }: { readonly maxTokens: number; readonly headers: TableHeaders },
): readonly Span[] {
  const header = headers.before(start);
  const estimate = new TokenEstimate(tokens / (weightOf(header, 0, header.length) + weightOf(text, start, end)));
  const blocks = blocksOf(text, start, end);
  const parts = [...packed(text, blocks, estimate, { target: maxTokens * CUT_SHARE, overlapTokens: 0, headers })];
  if (parts.length > 1) return parts;
  const boundaries = [...graphemesOf(text, start, end, true)].map((grapheme) => grapheme.start).slice(1);
  const middle = boundaries[Math.floor(boundaries.length / 2)] ?? codePointBoundary(text, { start, end });
  if (middle === undefined) {
    throw new RangeError(
      `A budget of ${maxTokens} tokens is too small: "${text.slice(start, end)}" alone has ${tokens}. Raise maxTokens.`,
    );
  }
  return [trimmed(text, start, middle), trimmed(text, middle, end)].filter((part) => part !== undefined);
}

function codePointBoundary(text: string, { start, end }: Span): number | undefined {
  const middle = start + Math.ceil((end - start) / 2);
  const isWithinPair = /[\uDC00-\uDFFF]/u.test(text.charAt(middle)) && /[\uD800-\uDBFF]/u.test(text.charAt(middle - 1));
  const boundary = isWithinPair ? middle - 1 : middle;
  if (boundary > start) return boundary < end ? boundary : undefined;
  return middle + 1 < end ? middle + 1 : undefined;
}

function* inBatches<T>(items: Iterable<T>, size: () => number): Generator<T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < size()) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
