/** Characters that are written without spaces between words. `ー` and `々` belong to the word that they stand in. */
const UNSPACED = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー々〆]`;
const RUNS = new RegExp(String.raw`(${UNSPACED}+)|(?:(?!${UNSPACED})[\p{L}\p{N}\p{M}])+`, 'gu');
/** Pieces in which runs are given to the segmenter: its time grows faster than the length of a run. */
const LONGEST_SEGMENT = 400;

let segmenter: Intl.Segmenter | undefined;

/**
 * The words under which a lexical index finds a document, with a space between each two, in the order of the text and as often as
 * they are there. Letters and digits only, in NFKC and lower case. Chinese and Japanese are cut into pairs of neighbouring
 * characters, so that each word of two is found whatever a dictionary says, united with the words of one, three and more characters
 * that `Intl.Segmenter` sees, which weigh whole words higher. Other scripts keep their words.
 */
export function documentTerms(text: string): string {
  const terms: string[] = [];
  for (const { run, isUnspaced } of runsOf(text)) {
    if (isUnspaced) terms.push(...bigrams(run), ...words(run).filter((word) => lengthOf(word) !== 2));
    else terms.push(run);
  }
  return terms.join(' ');
}

/** The words to look for, each once, made as those of documents are. Single characters count only where nothing stands beside them. */
export function queryTerms(text: string): string[] {
  const terms = new Set<string>();
  for (const { run, isUnspaced } of runsOf(text)) {
    if (!isUnspaced || lengthOf(run) === 1) terms.add(run);
    else {
      for (const pair of bigrams(run)) terms.add(pair);
      for (const word of words(run)) if (lengthOf(word) > 2) terms.add(word);
    }
  }
  return [...terms];
}

function* runsOf(text: string): Generator<{ run: string; isUnspaced: boolean }> {
  for (const [run, unspaced] of text.normalize('NFKC').toLowerCase().matchAll(RUNS)) {
    yield { run, isUnspaced: unspaced !== undefined };
  }
}

function bigrams(run: string): string[] {
  const characters = Array.from(run);
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`);
}

function words(run: string): string[] {
  segmenter ??= new Intl.Segmenter('zh', { granularity: 'word' });
  const characters = Array.from(run);
  const found: string[] = [];
  for (let start = 0; start < characters.length; start += LONGEST_SEGMENT) {
    const piece = characters.slice(start, start + LONGEST_SEGMENT).join('');
    for (const { segment } of segmenter.segment(piece)) found.push(segment);
  }
  return found;
}

function lengthOf(run: string): number {
  return Array.from(run).length;
}
