import type { Span } from '../../../src/domain/words/sentences.js';

const LEAST_SENTENCE = 20;

/** One of the sentences of a text by the platform's rules, or one of its lines, without the space around it; none that is very short. */
export function randomSentence(
  text: string,
  random: () => number,
  by: 'sentence' | 'line' = 'sentence',
): Span | undefined {
  const parts =
    by === 'line'
      ? [...text.matchAll(/[^\n]+/gu)].map(({ 0: segment, index }) => ({ segment, index }))
      : new Intl.Segmenter('und', { granularity: 'sentence' }).segment(text);
  const spans = [...parts].flatMap(({ segment, index }) => {
    const start = index + (segment.length - segment.trimStart().length);
    const { length } = segment.trim();
    return length < LEAST_SENTENCE ? [] : [{ start, end: start + length }];
  });
  return spans[Math.floor(random() * spans.length)];
}
