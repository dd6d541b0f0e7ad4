import { withoutRadicals } from './cjk-radicals.js';
import { foldAccents } from './fold-accents.js';
import { withoutParticle } from './korean-particles.js';

/** Changes with what `documentTerms` gives for any text: knowledge bases keep the terms of their documents. */
export const TERMS_VERSION = 2;

/** Characters that are written without spaces between words. `ー` and `々` belong to the word that they stand in. */
const IDEOGRAPHIC = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー々〆]`;
/** Likewise, in scripts whose marks make a part of each syllable. */
const SYLLABIC = String.raw`[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]`;
const HANGUL = String.raw`\p{Script=Hangul}`;
/** Anything else that words are made of. */
const LETTER = String.raw`[[\p{L}\p{N}]--${IDEOGRAPHIC}--${SYLLABIC}--${HANGUL}]`;
const WORD = String.raw`${LETTER}(?:${LETTER}|\p{M})*`;
/** `C++`, `C#`: what stands behind a letter or a name of a few. Not the `#` of `issue#12`. */
const SUFFIX = String.raw`\+\+|(?<=(?<!${LETTER})${LETTER})#`;
/** `.NET`, `.env`: a full stop before a word and behind none. */
const PREFIX = String.raw`(?<![\p{L}\p{N}\p{M}\)\].])\.(?=\p{L})`;
const RUNS = new RegExp(
  String.raw`(?<ideographic>${IDEOGRAPHIC}+)|(?<syllabic>${SYLLABIC}+)|(?<hangul>${HANGUL}+)|(?<prefix>${PREFIX})?(?<word>${WORD})(?<suffix>${SUFFIX})?`,
  'gv',
);
/** A line that ends within a word: such scripts are broken anywhere. A blank line, or one that is indented, begins another paragraph. */
const WRAPPED = new RegExp(String.raw`(?<=[${IDEOGRAPHIC}])[ \t]*\r?\n(?=[${IDEOGRAPHIC}])`, 'gv');
/** Soft hyphens, zero-width spaces and joiners, marks of direction, selectors of variants: nobody sees them. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
/** Pieces in which runs are given to the segmenter: its time grows faster than the length of a run. */
const LONGEST_SEGMENT = 400;

let segmenter: Intl.Segmenter | undefined;

/**
 * The words under which a lexical index finds a document, with a space between each two, in the order of the text and as often as
 * they are there. In NFKC and lower case, without invisible characters.
 *
 * - Chinese and Japanese are cut into pairs of neighbouring characters, so that each word of two is found whatever a dictionary says, united
 *   with the words of one, three and more characters that `Intl.Segmenter` sees, which weigh whole words higher. So with Thai, Lao,
 *   Khmer and Burmese, by syllables' letters with their marks.
 * - A Korean word is there whole, without the particle that it may end with, and as pairs, since particles and compounds hide others.
 * - Other scripts keep their words; those with accents are there a second time without. `c++`, `c#` and `.net` are words.
 */
export function documentTerms(text: string): string {
  const terms: string[] = [];
  for (const run of runsOf(text)) addDocumentTerms(run, terms);
  return terms.join(' ');
}

/** The words to look for, each once, made as those of documents are. Single characters count only where nothing stands beside them. */
export function queryTerms(text: string): string[] {
  const terms = new Set<string>();
  for (const run of runsOf(text)) {
    const { kind, text: word } = run;
    if (kind === 'word') for (const term of wordTerms(run)) terms.add(term);
    else {
      const characters = charactersOf(run);
      if (characters.length === 1) terms.add(word);
      for (const pair of pairsOf(characters)) terms.add(pair);
      if (kind === 'hangul') {
        const stem = withoutParticle(word);
        if (stem.length !== 2) terms.add(stem);
      } else
        for (const each of segments(characters)) if (charactersOf({ kind, text: each }).length > 2) terms.add(each);
    }
  }
  return [...terms];
}

interface Run {
  readonly kind: 'ideographic' | 'syllabic' | 'hangul' | 'word';
  readonly text: string;
  /** Of a word: what stands right before and behind it and belongs to it. */
  readonly prefix?: string;
  readonly suffix?: string;
}

function* runsOf(text: string): Generator<Run> {
  const visible = text.replace(INVISIBLE, '').replace(WRAPPED, '');
  // U+266F is written for the `#` of C#.
  const normal = withoutRadicals(visible).normalize('NFKC').toLowerCase().replaceAll('\u266f', '#');
  for (const { groups = {}, index } of normal.matchAll(RUNS)) {
    const { ideographic, syllabic, hangul, word, prefix, suffix } = groups;
    if (ideographic !== undefined) yield { kind: 'ideographic', text: ideographic };
    else if (syllabic !== undefined) yield { kind: 'syllabic', text: syllabic };
    else if (hangul !== undefined) {
      // Behind a word of another script it is that word's particle.
      const isParticle = withoutParticle(`가${hangul}`) === '가' && /[\p{L}\p{N}]/u.test(normal[index - 1] ?? '');
      if (!isParticle) yield { kind: 'hangul', text: hangul };
    } else if (word !== undefined) yield { kind: 'word', text: word, prefix, suffix };
  }
}

function addDocumentTerms(run: Run, terms: string[]): void {
  const { kind, text } = run;
  if (kind === 'word') {
    terms.push(...wordTerms(run));
    return;
  }
  const characters = charactersOf(run);
  terms.push(...pairsOf(characters));
  if (kind === 'hangul') {
    const stem = withoutParticle(text);
    if (characters.length !== 2) terms.push(text);
    if (stem !== text && stem.length !== 2) terms.push(stem);
    return;
  }
  for (const each of segments(characters)) if (charactersOf({ kind, text: each }).length !== 2) terms.push(each);
}

/** The same for documents and queries. */
function* wordTerms({ text, prefix = '', suffix = '' }: Run): Generator<string> {
  if (prefix !== '') yield prefix + text;
  if (suffix !== '') yield text + suffix;
  // `c` says nothing of `c++`, but `notepad` does of `notepad++`.
  if (suffix !== '' && text.length === 1) return;
  yield text;
  const folded = foldAccents(text);
  if (folded !== text) yield folded;
}

/** Of syllables, a letter with its marks counts as one. */
function charactersOf({ kind, text }: Run): string[] {
  return kind === 'syllabic' ? (text.match(/\P{M}\p{M}*|\p{M}+/gu) ?? []) : Array.from(text);
}

function pairsOf(characters: readonly string[]): string[] {
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`);
}

/** Words, by the dictionary of whichever script it is. */
function segments(characters: readonly string[]): string[] {
  segmenter ??= new Intl.Segmenter('zh', { granularity: 'word' });
  const found: string[] = [];
  for (let start = 0; start < characters.length; start += LONGEST_SEGMENT) {
    const piece = characters.slice(start, start + LONGEST_SEGMENT).join('');
    for (const { segment } of segmenter.segment(piece)) found.push(segment);
  }
  return found;
}
