/** Scripts without spaces between words, and Korean, whose particles are attached to words: all are compared by pairs of characters. */
const PAIRED = String.raw`[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー々〆\u0e30-\u0e4e]`;
const RUNS = new RegExp(String.raw`(${PAIRED}+)|(?:(?!${PAIRED})[\p{L}\p{N}\p{M}])+`, 'gu');

/** English words that say nothing about a subject. */
const FUNCTION_WORDS = new Set(
  (
    'a about above after again against all also am an and any are as at be because been before being below between both but by can cannot ' +
    'could did do does doing down during each few for from further had has have having he her here hers him his how i if in into is it its ' +
    'just may me might more most must my no nor not now of off on once only or other our out over own same shall she should so some such ' +
    'than that the their them then there these they this those through to too under until up upon us very was we were what when where ' +
    'which while who whom why will with within without would you your yours source sources document documents according question answer ' +
    'text given following based provided context information mentioned states stated says said'
  ).split(' '),
);
/** A complete answer to a question, which no source repeats. */
const YES_OR_NO =
  /^\s*(?:yes|no|ja|nein|oui|non|sí|si|是的?|不是|否|对|不对|可以|不可以|不能|能|はい|いいえ|네|아니요)[\s.,!。，！]*$/iu;
/** This share of the statement's words must occur in the source, or `ENOUGH_SHARED` of them. */
const SHARED_PART = 0.25;
const ENOUGH_SHARED = 3;
/** From this many words on, a statement may be in another language than the source; they then share at most names and figures. */
const ANOTHER_LANGUAGE_WORDS = 5;

/**
 * Whether a statement can be based on a source, because they share words that say something. If they are in different languages or scripts
 * and so share no words, it suffices that the statement says something. This does not tell whether the source supports the statement.
 */
export function sharesWords(statement: string, source: string): boolean {
  if (YES_OR_NO.test(statement)) return true;
  const said = termsOf(statement);
  const read = termsOf(source);
  if (said.content.size === 0) return false;
  const shared = [...said.content].filter((term) => read.content.has(term)).length;
  if (shared > 0 && (shared >= ENOUGH_SHARED || shared >= SHARED_PART * said.content.size)) return true;
  if (said.words < ANOTHER_LANGUAGE_WORDS) return false;
  return said.isPaired !== read.isPaired || (!said.isPaired && said.isEnglish !== read.isEnglish);
}

export interface Terms {
  /** Stems of words, and pairs of neighbouring characters of scripts without spaces. */
  readonly content: ReadonlySet<string>;
  /** Runs of letters, or pairs of characters. */
  readonly words: number;
  /** Whether most of the text is in scripts that are compared by pairs. */
  readonly isPaired: boolean;
  /** Whether it contains the words that every English text contains. */
  readonly isEnglish: boolean;
}

/** The terms of a text, without words that say nothing about a subject. */
export function termsOf(text: string): Terms {
  const content = new Set<string>();
  let pairs = 0;
  let words = 0;
  let functionWords = 0;
  for (const [run, paired] of text.normalize('NFKC').toLowerCase().matchAll(RUNS)) {
    if (paired !== undefined) {
      const characters = Array.from(paired);
      pairs += characters.length;
      if (characters.length === 1) content.add(run);
      for (let index = 1; index < characters.length; index++)
        content.add(`${characters[index - 1]}${characters[index]}`);
      continue;
    }
    if (/\p{L}/u.test(run)) words++;
    if (FUNCTION_WORDS.has(run)) functionWords++;
    // The number of a list item says nothing; a year or an amount does.
    else if (run.length > 1 || !/[\d]/u.test(run)) content.add(stemOf(run));
  }
  const isPaired = pairs > words;
  return { content, words: words + pairs, isPaired, isEnglish: words > 0 && functionWords >= words * ENGLISH_PART };
}

/** English texts have a higher share of these words. Other languages only have a few words that are spelled alike, like `in` and `an`. */
const ENGLISH_PART = 0.15;
/** Length of the beginning that the forms of a word have in common: `configure`, `configuration`. */
const STEM_LENGTH = 6;

function stemOf(word: string): string {
  if (/\d/u.test(word)) return word;
  return word.replace(/(?<=\p{L}{3})(?:ing|ed|es|s)$/u, '').slice(0, STEM_LENGTH);
}
