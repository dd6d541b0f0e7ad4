import { withoutRadicals } from './cjk-radicals.js';
import { foldAccents } from './fold-accents.js';
import { withoutParticle } from './korean-particles.js';

/** Must change with the results of `documentTerms`, because knowledge bases store the terms of their documents. */
export const TERMS_VERSION = 2;

/** Characters of scripts without spaces between words. `ー` and `々` belong to the word around them. */
const IDEOGRAPHIC = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}ー々〆]`;
/** Further scripts without spaces, whose marks are part of each syllable. */
const SYLLABIC = String.raw`[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]`;
const HANGUL = String.raw`\p{Script=Hangul}`;
/** All other letters and digits. */
const LETTER = String.raw`[[\p{L}\p{N}]--${IDEOGRAPHIC}--${SYLLABIC}--${HANGUL}]`;
const WORD = String.raw`${LETTER}(?:${LETTER}|\p{M})*`;
/** `C++`, `C#`: a suffix after a single letter, or for `++` after any word. Does not match the `#` of `issue#12`. */
const SUFFIX = String.raw`\+\+|(?<=(?<!${LETTER})${LETTER})#`;
/** `.NET`, `.env`: a full stop before a word, but not after one. */
const PREFIX = String.raw`(?<![\p{L}\p{N}\p{M}\)\].])\.(?=\p{L})`;
const RUNS = new RegExp(
  String.raw`(?<ideographic>${IDEOGRAPHIC}+)|(?<syllabic>${SYLLABIC}+)|(?<hangul>${HANGUL}+)|(?<prefix>${PREFIX})?(?<word>${WORD})(?<suffix>${SUFFIX})?`,
  'gv',
);
/** A line break within a word, since these scripts may break anywhere. A blank line or an indented line begins another paragraph. */
const WRAPPED = new RegExp(String.raw`(?<=[${IDEOGRAPHIC}])[ \t]*\r?\n(?=[${IDEOGRAPHIC}])`, 'gv');
/** Soft hyphens, zero-width spaces and joiners, direction marks, variation selectors: none of them is visible. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu;
/** Maximum length of the pieces for the segmenter, whose time grows faster than the length of a run. */
const LONGEST_SEGMENT = 400;

let segmenter: Intl.Segmenter | undefined;

/**
 * The terms by which a lexical index finds a document, separated by spaces, in the order and as often as they occur in the text. In NFKC
 * and lower case, without invisible characters.
 *
 * - Chinese and Japanese are cut into pairs of neighbouring characters, so that each two-character word is found whatever a dictionary
 *   says, plus the words of one, three and more characters that `Intl.Segmenter` finds, which give whole words more weight. Thai, Lao,
 *   Khmer and Burmese are treated likewise, with a letter and its marks as a character.
 * - A Korean word becomes a term as a whole, also without the particle that it may end with, and is also cut into pairs, because particles
 *   and compounds hide other words.
 * - Other scripts keep their words; words with accents are added a second time without them. `c++`, `c#` and `.net` are words.
 */
export function documentTerms(text: string): string {
  const terms: string[] = [];
  for (const run of runsOf(text)) addDocumentTerms(run, terms);
  return terms.join(' ');
}

/** The terms to search for, each once, made in the same way as for documents. Single characters count only if they have no neighbours. */
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
  /** Only of a word: a prefix or suffix that belongs to it. */
  readonly prefix?: string;
  readonly suffix?: string;
}

function* runsOf(text: string): Generator<Run> {
  const visible = text.replace(INVISIBLE, '').replace(WRAPPED, '');
  // U+266F is sometimes used for the `#` of C#.
  const normal = withoutRadicals(visible).normalize('NFKC').toLowerCase().replaceAll('\u266f', '#');
  for (const { groups = {}, index } of normal.matchAll(RUNS)) {
    const { ideographic, syllabic, hangul, word, prefix, suffix } = groups;
    if (ideographic !== undefined) yield { kind: 'ideographic', text: ideographic };
    else if (syllabic !== undefined) yield { kind: 'syllabic', text: syllabic };
    else if (hangul !== undefined) {
      // After a word of another script, it is the particle of that word.
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

/** Terms of a word, the same for documents and queries. */
function* wordTerms({ text, prefix = '', suffix = '' }: Run): Generator<string> {
  if (prefix !== '') yield prefix + text;
  if (suffix !== '') yield text + suffix;
  // `c` alone is not a term of `c++`, but `notepad` is one of `notepad++`.
  if (suffix !== '' && text.length === 1) return;
  yield text;
  const folded = foldAccents(text);
  if (folded !== text) yield folded;
}

/** In syllabic scripts, a letter with its marks counts as one character. */
function charactersOf({ kind, text }: Run): string[] {
  return kind === 'syllabic' ? (text.match(/\P{M}\p{M}*|\p{M}+/gu) ?? []) : Array.from(text);
}

function pairsOf(characters: readonly string[]): string[] {
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`);
}

/** Words according to the dictionary of the script. */
function segments(characters: readonly string[]): string[] {
  segmenter ??= new Intl.Segmenter('zh', { granularity: 'word' });
  const found: string[] = [];
  for (let start = 0; start < characters.length; start += LONGEST_SEGMENT) {
    const piece = characters.slice(start, start + LONGEST_SEGMENT).join('');
    for (const { segment } of segmenter.segment(piece)) found.push(segment);
  }
  return found;
}
