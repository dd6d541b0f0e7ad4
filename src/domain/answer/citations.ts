import { citationMarks } from './citation-marks.js';
import type { GroundedSource } from './grounded-source.js';
import { sharesWords } from '../words/shared-words.js';
import type { Span } from '../words/sentences.js';
import { markedStatements } from './statement.js';

/** A source that an answer cites. JSON-safe. */
export interface Citation extends Omit<GroundedSource, 'text'> {
  /** Places of the marks in the answer, in UTF-16 units, from the first mark to the last. */
  readonly marks: readonly Span[];
}

/** An answer with sources. JSON-safe. */
export interface SourcedAnswer {
  /** Whether sources were found and the text cites at least one of them beside a statement that shares words with it. */
  readonly grounded: boolean;
  /** The text as the model wrote it. */
  readonly text: string;
  /**
   * Why the answer is not grounded. `no documents found`: the text is the draft, which was written without sources. `only weak hits`: the
   * hits probably do not answer the question, and the text says so; no model wrote it.
   */
  readonly notice?: 'no documents found' | 'no source cited' | 'only weak hits';
  /** In order of their numbers. */
  readonly citations: readonly Citation[];
  /** All sources that the model was given. */
  readonly sources: readonly GroundedSource[];
  /** Sources that could not be searched, with the reason. */
  readonly failures: readonly { readonly source: string; readonly reason: string }[];
}

/**
 * The answer of a model that was given these sources. Its text stays unchanged. A mark counts only beside a statement that shares words
 * with its source.
 *
 * @param anyStatement every mark counts, whatever its statement; for older answers
 */
export function sourcedAnswer(
  text: string,
  sources: readonly GroundedSource[],
  failures: SourcedAnswer['failures'],
  { anyStatement = false }: { readonly anyStatement?: boolean } = {},
): SourcedAnswer {
  const citations = citationsIn(text, sources, anyStatement);
  const grounded = citations.length > 0;
  return { grounded, text, ...(!grounded && { notice: 'no source cited' as const }), citations, sources, failures };
}

/** The draft as the answer, if no sources were found. */
export function ungroundedAnswer(draft: string, failures: SourcedAnswer['failures']): SourcedAnswer {
  return { grounded: false, text: draft, notice: 'no documents found', citations: [], sources: [], failures };
}

/** @param text says that no answer to the question was found: see `refusalText` */
export function refusedAnswer(text: string, failures: SourcedAnswer['failures']): SourcedAnswer {
  return { grounded: false, text, notice: 'only weak hits', citations: [], sources: [], failures };
}

function citationsIn(text: string, sources: readonly GroundedSource[], anyStatement: boolean): Citation[] {
  const places = new Map<number, Span[]>();
  const marked = anyStatement
    ? citationMarks(text, sources.length).map((mark) => ({ mark, text: undefined }))
    : markedStatements(text, sources.length);
  for (const { mark, text: statement } of marked) {
    const { start, end, numbers } = mark;
    for (const number of numbers) {
      const source = sources[number - 1];
      if (source === undefined || (statement !== undefined && !sharesWords(statement, source.text))) continue;
      places.set(number, [...(places.get(number) ?? []), { start, end }]);
    }
  }
  return sources.flatMap(({ text: _text, ...source }) => {
    const marks = places.get(source.number);
    return marks === undefined ? [] : [{ ...source, marks }];
  });
}
