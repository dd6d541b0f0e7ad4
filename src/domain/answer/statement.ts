import { citationMarks } from './citation-marks.js';
import type { CitationMark } from './citation-marks.js';
import { sentences } from '../words/sentences.js';
import type { Span } from '../words/sentences.js';

/** The statement for which an answer cites a source. */
export interface Statement {
  readonly mark: CitationMark;
  /** The sentence, list item or row that contains the mark, or the one before it, without marks; empty if there is none. */
  readonly text: string;
}

/** The statement of each mark, in order. */
export function markedStatements(text: string, sourceCount: number): Statement[] {
  const marks = citationMarks(text, sourceCount);
  if (marks.length === 0) return [];
  const statements: Statement[] = [];
  let next = 0;
  let before = '';
  for (const { start, end } of partsOf(text, marks)) {
    const ofPart: CitationMark[] = [];
    let own = '';
    let at = start;
    for (let mark = marks[next]; mark !== undefined && mark.start < end; mark = marks[++next]) {
      own += `${text.slice(at, mark.start)} `;
      at = mark.end;
      ofPart.push(mark);
    }
    own += text.slice(at, Math.max(at, end));
    // `It opens at nine. [1]`: the mark follows the end of its sentence.
    const said = /\p{L}/u.test(own) ? own : before;
    statements.push(...ofPart.map((mark) => ({ mark, text: said.trim() })));
    before = said;
  }
  return statements;
}

/** The sentences of each line, because list items and rows end with their lines. */
function partsOf(text: string, marks: readonly CitationMark[]): Span[] {
  // Masks full stops within marks, as in `[1, p. 8]`, because they do not end a sentence. The length stays the same.
  let masked = '';
  let at = 0;
  for (const { start, end } of marks) {
    masked += text.slice(at, start) + '_'.repeat(end - start);
    at = end;
  }
  masked += text.slice(at);
  const parts: Span[] = [];
  let start = 0;
  for (const line of masked.split('\n')) {
    parts.push(...sentences(masked, start, start + line.length));
    start += line.length + 1;
  }
  return parts;
}
