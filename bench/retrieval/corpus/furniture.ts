import { countWords, wordsOf } from './count-words.js';

/**
 * How furniture of a page is counted, fixed before anything was measured. A person looked at the page and listed its lines of furniture, each
 * as often as it stands there: navigation, breadcrumbs, links to the pages before and after, search boxes, the site's name and slogan, tables of
 * contents beside the text (not those within it), notices that say when and by what the page was made. Their words are not asked of
 * a reading, and a line counts as kept as often as its words stand there, one after the other, beyond as often as the page has them elsewhere.
 */
export interface FurnitureKept {
  /** Of the lines that are listed. */
  readonly words: number;
  /** Of these, those of lines that are in the reading. */
  readonly kept: number;
  /** The first few lines that are in the reading. */
  readonly examples: readonly string[];
}

const EXAMPLES = 5;

/**
 * @param dump all text of the page
 * @param lines furniture of it
 */
export function furnitureKept(lines: readonly string[], dump: string, ours: string): FurnitureKept {
  const listed = new Map<string, number>();
  for (const line of lines) {
    const phrase = phraseOf(line);
    if (phrase !== '') listed.set(phrase, (listed.get(phrase) ?? 0) + 1);
  }
  const [whole, reading] = [phraseOf(dump), phraseOf(ours)];
  let words = 0;
  let kept = 0;
  const examples: string[] = [];
  for (const [phrase, times] of listed) {
    const length = phrase.split(' ').length;
    words += length * times;
    const elsewhere = Math.max(0, timesIn(whole, phrase) - times);
    const more = Math.min(times, Math.max(0, timesIn(reading, phrase) - elsewhere));
    kept += length * more;
    if (more > 0 && examples.length < EXAMPLES) examples.push(phrase);
  }
  return { words, kept, examples };
}

/** Words of a text without those of its furniture. */
export function withoutFurniture(text: string, lines: readonly string[]): Map<string, number> {
  const counts = countWords(text);
  for (const [word, times] of countWords(lines.join('\n'))) {
    const left = (counts.get(word) ?? 0) - times;
    if (left > 0) counts.set(word, left);
    else counts.delete(word);
  }
  return counts;
}

function phraseOf(text: string): string {
  return wordsOf(text).join(' ');
}

function timesIn(text: string, phrase: string): number {
  return ` ${text.replaceAll(' ', '  ')} `.split(` ${phrase.replaceAll(' ', '  ')} `).length - 1;
}
