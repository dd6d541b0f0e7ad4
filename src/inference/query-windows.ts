import { utf8Length } from '../domain/text.js';
import type { EmbeddingModel } from './embedding-model.js';

/** Cuts are tried down to windows of so many characters. */
const LEAST_STEP = 32;

/**
 * What of a query is embedded: all of it where the model takes that, else its beginning and its end, each as long as fits. A question stands
 * before the text that it is about or behind it; one vector of it all would be of the text.
 */
export async function queryWindows(
  query: string,
  { maxTokens, countTokens }: Pick<EmbeddingModel, 'maxTokens' | 'countTokens'>,
): Promise<readonly string[]> {
  const text = query.trim();
  // No tokenizer makes more tokens than bytes; a server would have to be asked.
  if (utf8Length(text) + QUERY_PREFIX_TOKENS <= maxTokens) return [text];
  // What asks may be prefixed by more than what is found, for which tokens are counted.
  const fits = async (part: string): Promise<boolean> => (await countTokens(part)) <= maxTokens - QUERY_PREFIX_TOKENS;
  if (await fits(text)) return [text];
  const beginning = await longest(text.length, (length) => fits(text.slice(0, length).toWellFormed()));
  const end = await longest(text.length, (length) => fits(text.slice(-length).toWellFormed()));
  return [withoutHalfWord(text.slice(0, beginning), /\s\S*$/su), withoutHalfWord(text.slice(-end), /^\S*\s/su)];
}

const QUERY_PREFIX_TOKENS = 8;
/** Languages without spaces have no longer words than this. */
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
