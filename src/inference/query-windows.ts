import { utf8Length } from '../domain/text.js';
import type { EmbeddingModel } from './embedding-model.js';

/** Precision, in characters, of the search for the longest window that fits. */
const LEAST_STEP = 32;

/**
 * The parts of a query to embed: the whole query if the model can take it, otherwise its beginning and its end, each as long as fits. A
 * question stands before or after the text that it is about; a single vector of everything would represent that text instead.
 */
export async function queryWindows(
  query: string,
  { maxTokens, countTokens }: Pick<EmbeddingModel, 'maxTokens' | 'countTokens'>,
): Promise<readonly string[]> {
  const text = query.trim();
  // No tokenizer makes more tokens than bytes, so this avoids a request to a server that counts.
  if (utf8Length(text) + QUERY_PREFIX_TOKENS <= maxTokens) return [text];
  // A query's prefix may be longer than that of a passage, for which `countTokens` counts.
  const fits = async (part: string): Promise<boolean> => (await countTokens(part)) <= maxTokens - QUERY_PREFIX_TOKENS;
  if (await fits(text)) return [text];
  const beginning = await longest(text.length, (length) => fits(text.slice(0, length).toWellFormed()));
  const end = await longest(text.length, (length) => fits(text.slice(-length).toWellFormed()));
  return [withoutHalfWord(text.slice(0, beginning), /\s\S*$/su), withoutHalfWord(text.slice(-end), /^\S*\s/su)];
}

const QUERY_PREFIX_TOKENS = 8;
/** Words in languages with spaces are not longer than this; text without spaces is cut anywhere. */
const LONGEST_WORD = 60;

async function longest(most: number, fits: (length: number) => Promise<boolean>): Promise<number> {
  let [least, tooLong] = [1, most];
  while (tooLong - least > LEAST_STEP) {
    const middle = (least + tooLong) >> 1;
    if (await fits(middle)) least = middle;
    else tooLong = middle;
  }
  return least;
}

function withoutHalfWord(text: string, halfWord: RegExp): string {
  const [half = ''] = halfWord.exec(text) ?? [];
  const cut = half.length <= LONGEST_WORD && half.length < text.length ? text.replace(halfWord, '') : text;
  return cut.trim().toWellFormed();
}
