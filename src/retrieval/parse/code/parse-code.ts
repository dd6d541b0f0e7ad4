import type { Heading } from '../../../domain/retrieval.js';
import { extensionOf } from '../document-kind.js';
import type { ParsedText } from '../parsed-text.js';
import type { ParserContext } from '../parser-context.js';
import { parsePlain } from '../parse-plain.js';
import { LANGUAGES, type Language } from './languages.js';

/** Longer lines are made by programs, and declare nothing that a reader looks for. */
const LONGEST_LINE = 500;
const LONGEST_NAME = 120;
/** Deeper ones are parts of what is around them. */
const MAX_LEVEL = 4;
/** What belongs to the declaration below it: comments, decorators, annotations, attributes. */
const BELONGS_BELOW = /^(?:\/\/|\/\*|\*|#|--|@|\[[\w:]|'''|""")/u;

/**
 * Program code as it is, with what it declares as headings: classes, functions, methods, each from the comment above it on. Nesting is read off
 * indentation, in which programs agree whatever their language.
 */
export function parseCode(source: string, { name }: Pick<ParserContext, 'name'>): ParsedText {
  const plain = parsePlain(source);
  const extension = extensionOf(name);
  const language = LANGUAGES.find(({ extensions }) => extensions.includes(extension));
  return language === undefined ? plain : { ...plain, headings: declarationsOf(plain.text, language) };
}

function declarationsOf(text: string, { declarations }: Language): readonly Heading[] {
  const headings: Heading[] = [];
  /** Indentation of what is declared around the line. */
  const around: number[] = [];
  /** Where the comments right above the line begin. */
  let above: number | undefined;
  let isComment = false;
  for (let offset = 0; offset < text.length;) {
    const next = text.indexOf('\n', offset);
    const end = next === -1 ? text.length : next;
    const start = offset;
    offset = end + 1;
    const line = text.slice(start, Math.min(end, start + LONGEST_LINE)).trimEnd();
    const code = line.trimStart();
    if (isComment || code.startsWith('/*')) {
      above ??= start;
      isComment = !code.includes('*/');
      continue;
    }
    if (code === '' || BELONGS_BELOW.test(code)) {
      above = code === '' ? undefined : (above ?? start);
      continue;
    }
    const heading = end - start <= LONGEST_LINE ? nameOf(code, declarations) : undefined;
    if (heading !== undefined) {
      const indentation = line.length - code.length;
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

function nameOf(line: string, declarations: readonly RegExp[]): string | undefined {
  for (const declaration of declarations) {
    const name = declaration.exec(line)?.[1]?.replace(/[\s:=?]+$/u, '');
    if (name !== undefined && name !== '') return name.slice(0, LONGEST_NAME);
  }
  return undefined;
}
