import { citationMarks } from './citation-marks.js';
import type { GroundedSource } from './grounded-source.js';
import { sharesWords } from '../words/shared-words.js';
import type { Span } from '../words/sentences.js';
import { markedStatements } from './statement.js';

/** A source that an answer names. JSON-safe. */
export interface Citation extends Omit<GroundedSource, 'text'> {
  /** Where the answer names it, in UTF-16 units of its text; from the first mark to the last. */
  readonly marks: readonly Span[];
}

/** What an answer with sources comes to. JSON-safe. */
export interface SourcedAnswer {
  /** Whether sources were found and the text names at least one of them beside a statement that shares words with it. */
  readonly grounded: boolean;
  /** As the model wrote it. */
  readonly text: string;
  /** Why it is not grounded. `no documents found`: the text is the draft, which no source has seen. */
  readonly notice?: 'no documents found' | 'no source cited';
  /** In order of their numbers. */
  readonly citations: readonly Citation[];
  /** All that the model was told. */
  readonly sources: readonly GroundedSource[];
  /** Where nothing could be asked, with the reason. */
  readonly failures: readonly { readonly source: string; readonly reason: string }[];
}

/**
 * The answer of a model that was told these sources. Its text stays as it is; only marks beside a statement that shares words with their
 * source count.
 *
 * @param anyStatement every mark counts, whatever it stands beside: so it was for answers of before
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

/** The draft, when nothing was found that could ground it. */
export function ungroundedAnswer(draft: string, failures: SourcedAnswer['failures']): SourcedAnswer {
  return { grounded: false, text: draft, notice: 'no documents found', citations: [], sources: [], failures };
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
