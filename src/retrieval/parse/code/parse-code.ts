import type { Heading } from '../../../domain/knowledge/retrieval.js';
import type { Span } from '../../../domain/words/sentences.js';
import { extensionOf } from '../document-kind.js';
import type { ParsedText } from '../parsed-text.js';
import type { ParserContext } from '../parser-context.js';
import { parsePlain } from '../parse-plain.js';
import { LANGUAGES, type Language } from './languages.js';

/** Longer lines are generated and contain no declarations of interest. */
const LONGEST_LINE = 500;
const LONGEST_NAME = 120;
/** Deeper declarations count as part of their surroundings. */
const MAX_LEVEL = 4;
/** Lines that belong to the declaration below them: comments, decorators, annotations, attributes. */
const BELONGS_BELOW = /^(?:\/\/|\/\*|\*|#|--|@|\[[\w:])/u;
/** The strings and the comment of a line; triple quotes begin a multi-line string. */
const STRINGS = /"""|'''|"(?:[^"\\]|\\.){0,500}"|'(?:[^'\\]|\\.){0,500}'|#.*/gu;

/**
 * Program code as it is, with its declarations (classes, functions, methods) as headings, each from the comment above it. The nesting
 * follows from the indentation, which means the same in all languages.
 */
export function parseCode(source: string, { name }: Pick<ParserContext, 'name'>): ParsedText {
  const plain = parsePlain(source);
  const extension = extensionOf(name);
  const language = LANGUAGES.find(({ extensions }) => extensions.includes(extension));
  return language === undefined ? plain : { ...plain, headings: declarationsOf(plain.text, language) };
}

function declarationsOf(text: string, { declarations, atMargin = [], holds }: Language): readonly Heading[] {
  const all = [...declarations, ...atMargin];
  const headings: Heading[] = [];
  /** Indentations of the enclosing declarations. */
  const around: number[] = [];
  /** Start of the comments directly above the line. */
  let above: number | undefined;
  let isComment = false;
  /** Offset after the open string. */
  let stringEnd = 0;
  for (let offset = 0; offset < text.length;) {
    const next = text.indexOf('\n', offset);
    const end = next === -1 ? text.length : next;
    const start = offset;
    offset = end + 1;
    if (start < stringEnd) continue;
    if (holds === 'strings') stringEnd = endOfString(text, { start, end });
    const line = text.slice(start, Math.min(end, start + LONGEST_LINE)).trimEnd();
    const code = line.trimStart();
    if (isComment || (holds === 'comments' && code.startsWith('/*'))) {
      above ??= start;
      isComment = !code.includes('*/');
      continue;
    }
    if (code === '' || BELONGS_BELOW.test(code)) {
      above = code === '' ? undefined : (above ?? start);
      continue;
    }
    const indentation = line.length - code.length;
    const expected = indentation === 0 ? all : declarations;
    const heading = end - start <= LONGEST_LINE ? nameOf(code, expected) : undefined;
    if (heading !== undefined) {
      while ((around.at(-1) ?? -1) >= indentation) around.pop();
      if (around.length < MAX_LEVEL) {
        around.push(indentation);
        headings.push({ level: around.length, text: heading, offset: above ?? start });
      }
    }
    above = undefined;
  }
  return headings;
}

/** End of a multi-line string that begins in this line; 0 if there is none or it is never closed. */
function endOfString(text: string, { start, end }: Span): number {
  const line = text.slice(start, end);
  STRINGS.lastIndex = 0;
  for (let match = STRINGS.exec(line); match !== null; match = STRINGS.exec(line)) {
    const [mark] = match;
    if (mark !== '"""' && mark !== "'''") continue;
    const close = text.indexOf(mark, start + match.index + mark.length);
    if (close === -1) return 0;
    if (close >= end) return close + mark.length;
    STRINGS.lastIndex = close + mark.length - start;
  }
  return 0;
}

function nameOf(line: string, declarations: readonly RegExp[]): string | undefined {
  for (const declaration of declarations) {
    const name = declaration.exec(line)?.[1]?.replace(/[\s:=?]+$/u, '');
    if (name !== undefined && name !== '') return name.slice(0, LONGEST_NAME);
  }
  return undefined;
}
