import { placeWithin, stretchesOf, type Place, type Stretch } from './places.js';
import { documentTerms, queryTerms } from '../words/search-terms.js';
import { sentences, type Span } from '../words/sentences.js';

/** Number of neighbouring sentences or lines that are combined, because the answer may span two. */
const TOGETHER = 2;
/** Longest passage that is searched. A longer one is taken as a whole. */
const LONGEST = 20_000;
/** Two must weigh this much more than either of them alone. */
const LEAST_GAIN = 0.25;

/**
 * The part of a passage that matches a text best: a sentence or line, or two neighbouring ones. Words weigh more the rarer they are in the
 * passage. Undefined if the passage shares no word with the text, or only words that occur throughout the passage.
 */
export function matchingPart(passage: string, wanted: string): Span | undefined {
  if (passage.length > LONGEST) return undefined;
  const terms = new Set(queryTerms(wanted));
  const parts = [...partsOf(passage)].map((span) => {
    const inPart = documentTerms(passage.slice(span.start, span.end)).split(' ');
    return { span, terms: new Set(inPart.filter((term) => terms.has(term))) };
  });
  if (parts.length < 2) return undefined;
  const weights = new Map<string, number>();
  for (const term of terms) {
    const holding = parts.filter((part) => part.terms.has(term)).length;
    if (holding > 0) weights.set(term, Math.log(1 + parts.length / holding) - Math.log(2));
  }
  const weigh = (found: Iterable<string>): number =>
    [...found].reduce((sum, term) => sum + (weights.get(term) ?? 0), 0);
  let best: { readonly span: Span; readonly weight: number } | undefined;
  for (const [index, { span, terms: first }] of parts.entries()) {
    let found = first;
    let weight = weigh(first);
    let end = span.end;
    for (const next of parts.slice(index + 1, index + TOGETHER)) {
      const both = new Set([...found, ...next.terms]);
      const more = weigh(both);
      if (more < Math.max(weight, weigh(next.terms)) * (1 + LEAST_GAIN) || weight === 0) break;
      [found, weight, end] = [both, more, next.span.end];
    }
    if (weight > 0 && weight > (best?.weight ?? 0)) best = { span: { start: span.start, end }, weight };
  }
  return best?.span;
}

/** Place of the part of a passage that matches `wanted` best; of the whole passage if there is none. */
export function matchingPlace(
  passage: { readonly text: string; readonly stretches?: readonly Stretch[]; readonly place?: Place },
  wanted: string,
): Place {
  const stretches = stretchesOf(passage);
  // Text before it, such as the header of a table, comes from another place.
  const own = stretches[0]?.at ?? 0;
  const { start, end } = matchingPart(passage.text.slice(own), wanted) ?? { start: 0, end: passage.text.length - own };
  return placeWithin(stretches, passage.text, own + start, own + end);
}

function* partsOf(text: string): Generator<Span> {
  for (const { start, end } of sentences(text)) {
    // Lines of lists, tables and programs are not sentences, so each counts separately.
    let from = start;
    for (let at = text.indexOf('\n', from); at !== -1 && at < end; at = text.indexOf('\n', from)) {
      if (text.slice(from, at).trim() !== '') yield { start: from, end: at };
      from = at + 1;
    }
    if (text.slice(from, end).trim() !== '') yield { start: from, end };
  }
}
