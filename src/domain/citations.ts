import type { GroundedSource } from './grounded-source.js';

/** A source that an answer names. JSON-safe. */
export interface Citation extends Omit<GroundedSource, 'text'> {
  /** Where the answer names it, in UTF-16 units of its text; from the first mark to the last. */
  readonly marks: readonly { readonly start: number; readonly end: number }[];
}

/** What an answer with sources comes to. JSON-safe. */
export interface SourcedAnswer {
  /** Whether sources were found and the text names at least one of them. */
  readonly grounded: boolean;
  readonly text: string;
  /** Why it is not grounded. `no documents found`: the text is the draft, which no source has seen. */
  readonly notice?: 'no documents found' | 'no source cited';
  /** In order of their numbers; each number in the text is one of them. */
  readonly citations: readonly Citation[];
  /** All that the model was told. */
  readonly sources: readonly GroundedSource[];
  /** Where nothing could be asked, with the reason. */
  readonly failures: readonly { readonly source: string; readonly reason: string }[];
}

/** The answer of a model that was told these sources: with marks of none but these, and marked when it has none. */
export function sourcedAnswer(
  written: string,
  sources: readonly GroundedSource[],
  failures: SourcedAnswer['failures'],
): SourcedAnswer {
  const text = repairCitations(written, sources.length);
  const citations = citationsIn(text, sources);
  const grounded = citations.length > 0;
  return { grounded, text, ...(!grounded && { notice: 'no source cited' as const }), citations, sources, failures };
}

/** The draft, when nothing was found that could ground it. It names no sources: there are none. */
export function ungroundedAnswer(draft: string, failures: SourcedAnswer['failures']): SourcedAnswer {
  const text = repairCitations(draft, 0);
  return { grounded: false, text, notice: 'no documents found', citations: [], sources: [], failures };
}

/** The sources that a text names, by number. What is named and does not exist is left out; `repairCitations` removes it. */
export function citationsIn(text: string, sources: readonly GroundedSource[]): Citation[] {
  const marks = new Map<number, { start: number; end: number }[]>();
  for (const match of text.matchAll(/[[\u3010\uff3b]([^[\u3010\uff3b\]\u3011\uff3d\n]{1,64})[\]\u3011\uff3d]/gu)) {
    for (const number of numbersOf(match[1] ?? '', sources.length) ?? []) {
      const mark = { start: match.index, end: match.index + match[0].length };
      marks.set(number, [...(marks.get(number) ?? []), mark]);
    }
  }
  return sources.flatMap(({ text: _text, ...source }) => {
    const ofSource = marks.get(source.number);
    return ofSource === undefined ? [] : [{ ...source, marks: ofSource }];
  });
}

/**
 * A text with its marks of sources (`[1]`, `[1, 2]`, `[1-3]`, `[Source 1]`, `【1】`) made to name none but 1 to `sourceCount`: a number
 * that does not exist goes, a mark without a number left goes with the space before it, and the others are written alike. What stands
 * in brackets like that and is no mark, e.g. the index of an array in a program, is taken for one.
 */
export function repairCitations(text: string, sourceCount: number): string {
  const filter = createCitationFilter(sourceCount);
  return filter.push(text) + filter.end();
}

/**
 * `repairCitations` for a text that is being written: all that it has given so far is a beginning of what the whole text will come to.
 * An unfinished mark is held back, 64 characters at most.
 */
export interface CitationFilter {
  /** @returns what can be shown now. */
  push(delta: string): string;
  /** The rest. */
  end(): string;
}

/** Longer ones are no marks. */
const MAX_MARK_LENGTH = 64;
/** Of Western, Chinese and full-width brackets. */
const OPENING = new Set(['[', '\u3010', '\uff3b']);
const CLOSING = new Set([']', '\u3011', '\uff3d']);
/** After a mark that went, the space before it goes with it where one of these comes next. */
const NO_SPACE_BEFORE = /[\s.,;:!?)\]}\u3002\uff0c\u3001\uff1b\uff1a\uff01\uff1f\uff09\u3011\u300d\u300f\u201d\u2019]/u;

export function createCitationFilter(sourceCount: number): CitationFilter {
  /** Spaces that a mark may follow. */
  let spaces = '';
  /** Of marks that have begun, each within the one before. */
  let open: string[] = [];
  let hasRemoved = false;
  let isAtLineStart = true;

  const flush = (text: string): string => {
    const shown = spaces + text;
    if (shown !== '') isAtLineStart = shown.endsWith('\n');
    spaces = '';
    hasRemoved = false;
    return shown;
  };
  /** What had begun as a mark is none. */
  const flushOpen = (more: string, isTooLong = false): string => {
    const text = isTooLong ? open.map((part) => part.slice(1)).join('') : open.join('');
    open = [];
    return flush(text + more);
  };

  const take = (character: string): string => {
    const inner = open.at(-1);
    if (OPENING.has(character)) {
      open.push(character);
      return open.join('').length > MAX_MARK_LENGTH ? flushOpen('', true) : '';
    }
    if (inner === undefined) {
      if (character === ' ') {
        if (!hasRemoved || (spaces === '' && !isAtLineStart)) spaces += character;
        return '';
      }
      if (hasRemoved && NO_SPACE_BEFORE.test(character)) spaces = '';
      return flush(character);
    }
    if (CLOSING.has(character)) {
      const numbers = numbersOf(inner.slice(1), sourceCount);
      if (numbers === undefined) return flushOpen(character);
      open.pop();
      if (numbers.length > 0) return flushOpen(markOf(inner.charAt(0), numbers));
      // What stands around it may be a mark in turn.
      hasRemoved = true;
      return '';
    }
    if (!mayBecomeMark(inner.slice(1) + character)) return flushOpen(character);
    open[open.length - 1] = inner + character;
    return open.join('').length > MAX_MARK_LENGTH ? flushOpen('', true) : '';
  };

  return {
    push: (delta) => Array.from(delta, take).join(''),
    end() {
      if (hasRemoved && open.length === 0) spaces = '';
      return flushOpen('');
    },
  };
}

function markOf(opening: string, numbers: readonly number[]): string {
  return opening === '\u3010' ? `\u3010${numbers.join('\u3001')}\u3011` : `[${numbers.join(', ')}]`;
}

const LABELS = ['sources', 'source', '\u6765\u6e90', '\u8d44\u6599', '\u6587\u732e', '\u6587\u6863'];
/** What a label may be followed by, then numbers, with full-width digits and what stands between numbers. */
const NUMBERS = /^[\s#:\uff1a^]*(?:[\d\uff10-\uff19][\s\d\uff10-\uff19,\uff0c\u3001;\uff1b\-\u2013\u2014~\uff5e]*)?$/u;

/** Whether what stands after an opening bracket can become a mark with more. */
function mayBecomeMark(content: string): boolean {
  if (content.includes('\n')) return false;
  const text = content.trimStart().toLowerCase();
  return LABELS.some((label) => label.startsWith(text)) || NUMBERS.test(withoutLabel(text));
}

/** The numbers of a mark that exist, in order, each once; undefined for what is no mark. */
function numbersOf(content: string, sourceCount: number): number[] | undefined {
  const text = withoutLabel(content.trim().toLowerCase()).normalize('NFKC');
  if (!NUMBERS.test(text) || !/\d/u.test(text)) return undefined;
  const numbers = new Set<number>();
  for (const [, from = '', to = from] of text.matchAll(/(\d+)(?:\s*[-\u2013\u2014~]\s*(\d+))?/gu)) {
    for (let number = Math.max(1, Number(from)); number <= Math.min(sourceCount, Number(to)); number++) {
      numbers.add(number);
    }
  }
  return [...numbers].toSorted((a, b) => a - b);
}

function withoutLabel(text: string): string {
  const label = LABELS.find((one) => text.startsWith(one));
  return label === undefined ? text : text.slice(label.length);
}
