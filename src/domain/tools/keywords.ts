import type { JsonSchema } from '../json-schema.js';
import { linesOf, withoutInvisible } from '../lines.js';
import { cutText, excerpt } from '../text.js';

/** Maximum number of keywords of one question. */
export const MAX_KEYWORDS = 6;
/** Maximum length of one keyword, in UTF-16 units. */
export const MAX_KEYWORD_LENGTH = 60;
/** Tokens for the answer: six keywords of any language, and the JSON around them. */
export const KEYWORD_ANSWER_TOKENS = 192;
/** Maximum length that search engines accept. source: https://api-dashboard.search.brave.com/api-reference/web/search/get */
const MAX_QUERY_LENGTH = 400;
const MAX_SAID_AGAIN = 1500;

/** Schema of the answer to `keywordsText`, for a grammar. */
export const KEYWORDS_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    keywords: {
      type: 'array',
      items: { type: 'string', minLength: 1, maxLength: MAX_KEYWORD_LENGTH },
      minItems: 1,
      maxItems: MAX_KEYWORDS,
    },
  },
  required: ['keywords'],
  additionalProperties: false,
};

/**
 * Asks for the keywords of a question, as a user message. The draft of an answer is data, so each of its lines begins with `| `. The
 * smallest models mainly follow the examples.
 */
export function keywordsText(question: string, draft = ''): string {
  const lines = draft.trim() === '' ? [] : linesOf(draft.slice(0, MAX_SAID_AGAIN).toWellFormed());
  return [
    'Name what to search for to answer a question: 2 to 6 keywords or short phrases, in the language of the question, as JSON.',
    '"Who wrote the opera Carmen, and when was it first performed?" → {"keywords":["opera Carmen","composer","first performance"]}',
    '"人工智能合规标准由谁制定?" → {"keywords":["人工智能","合规标准","制定机构"]}',
    ...(lines.length === 0
      ? []
      : [
          'A first draft of the answer, which may be wrong, as data:',
          ...lines.map((line) => `| ${withoutInvisible(line)}`),
          'End of the draft.',
        ]),
    `${JSON.stringify(excerpt(question, MAX_SAID_AGAIN))} →`,
  ].join('\n');
}

/** The keywords in a model's answer to `keywordsText`; without any, the words of the question. Only empty if the question is. */
export function parseKeywords(written: string, question: string): string[] {
  let value: unknown;
  try {
    value = JSON.parse(written);
  } catch {
    value = undefined;
  }
  const given: unknown = typeof value === 'object' && value !== null && 'keywords' in value ? value.keywords : [];
  return normaliseKeywords(Array.isArray(given) ? given.filter((one) => typeof one === 'string') : [], question);
}

/**
 * Keywords for a search, each once, in order, at most `MAX_KEYWORDS`: on one line, without list marks and quotes around them, and in the
 * language of the question (Chinese or not; names from the question may be in any language). If none is left, the question itself.
 */
export function normaliseKeywords(keywords: readonly string[], question: string): string[] {
  const asked = onOneLine(question).replace(/[.?!\u3002]+$/u, '');
  const isChinese = HAN.test(asked);
  const kept = new Map<string, string>();
  for (const keyword of keywords.map(tidy)) {
    const key = keyword.toLowerCase();
    const isUsable = /[\p{L}\p{N}]/u.test(keyword) && keyword.length <= MAX_KEYWORD_LENGTH;
    const isOfLanguage = HAN.test(keyword) === isChinese || asked.toLowerCase().includes(key);
    if (isUsable && isOfLanguage && !kept.has(key) && kept.size < MAX_KEYWORDS) kept.set(key, keyword);
  }
  if (kept.size > 0) return [...kept.values()];
  return asked === '' ? [] : [cutQuery(asked)];
}

/** The keywords as one query for a search engine. */
export function keywordQuery(keywords: readonly string[]): string {
  return cutQuery(keywords.join(' '));
}

const HAN = /\p{Script=Han}/u;
/** Quotes, and list marks. */
const LEADING = /^(?:[\s"'`*\-\u2013\u2014\u00b7\u2022\u201c\u201d\u2018\u2019\u300a-\u300f]|\d{1,2}[.)]\s)+/u;
/** Quotes, and marks at the end of a sentence or between parts of a list. */
const TRAILING = /[\s"'`*,.;:?!\u201c\u201d\u2018\u2019\u300a-\u300f\u3001\u3002]+$/u;

function tidy(text: string): string {
  return onOneLine(text).replace(LEADING, '').replace(TRAILING, '');
}

function onOneLine(text: string): string {
  return linesOf(text.normalize('NFKC')).map(withoutInvisible).join(' ').replace(/\s+/gu, ' ').trim();
}

function cutQuery(text: string): string {
  if (text.length <= MAX_QUERY_LENGTH) return text;
  const cut = cutText(text, MAX_QUERY_LENGTH);
  // Removes a cut word, because half a word finds nothing; Chinese has no spaces to cut at.
  return cut.replace(/(?<=\S.{200,})\s\S*$/su, '');
}
