import type { Span } from './sentences.js';

/** A line that opens or closes a fence. source: https://spec.commonmark.org/0.31.2/#fenced-code-blocks */
const FENCE = /^[ \t>*+-]{0,12}(?:\d{1,3}[.)][ \t]+)?(`{3,}|~{3,})([^\n]*)$/u;

/**
 * The code in a Markdown text, in order: fenced blocks, closed or not, and code spans. Backticks that are not closed within their paragraph
 * are not a span. Takes linear time.
 */
export function codeIn(text: string): Span[] {
  const found: Span[] = [];
  let fence: { readonly mark: string; readonly start: number } | undefined;
  let paragraph = 0;
  let at = 0;
  for (const line of text.split('\n')) {
    const end = at + line.length;
    const [, mark = '', info = ''] = FENCE.exec(line) ?? [];
    if (fence !== undefined) {
      if (mark.startsWith(fence.mark) && info.trim() === '') {
        found.push({ start: fence.start, end });
        fence = undefined;
      }
      paragraph = end + 1;
    } else if (mark !== '' && !(mark.startsWith('`') && info.includes('`'))) {
      found.push(...codeSpans(text, paragraph, at));
      fence = { mark, start: at };
    } else if (line.trim() === '') {
      found.push(...codeSpans(text, paragraph, at));
      paragraph = end + 1;
    }
    at = end + 1;
  }
  if (fence === undefined) found.push(...codeSpans(text, paragraph, text.length));
  else found.push({ start: fence.start, end: text.length });
  return found;
}

/** source: https://spec.commonmark.org/0.31.2/#code-spans */
function codeSpans(text: string, from: number, to: number): Span[] {
  const runs = Array.from(text.slice(from, to).matchAll(/(\\*)(`+)/gu), (match) => {
    const [all, escapes = '', ticks = ''] = match;
    // There are no escapes within a span, so a run after a backslash can close one, but not open one.
    return {
      start: from + match.index + all.length - ticks.length,
      ticks: ticks.length,
      opens: escapes.length % 2 === 0,
    };
  });
  /** For each run, the next run of the same length. */
  const closing = new Map<number, number>();
  const latest = new Map<number, number>();
  for (let index = runs.length - 1; index >= 0; index--) {
    const ticks = runs[index]?.ticks ?? 0;
    const next = latest.get(ticks);
    if (next !== undefined) closing.set(index, next);
    latest.set(ticks, index);
  }
  const spans: Span[] = [];
  for (let index = 0; index < runs.length; index++) {
    const first = runs[index];
    const close = closing.get(index);
    const last = close === undefined ? undefined : runs[close];
    if (!first?.opens || close === undefined || last === undefined) continue;
    spans.push({ start: first.start, end: last.start + last.ticks });
    index = close;
  }
  return spans;
}
