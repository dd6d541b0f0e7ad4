import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groundHits, type GroundingOptions } from './grounding.js';
import { placeWithin } from '../knowledge/places.js';
import type { SearchHit, TextChunk } from '../knowledge/retrieval.js';
import { sourcesText } from './source-texts.js';

/** A splitter that suffices for these tests; a sentence includes the space after it. */
const sentences = (text: string) =>
  Array.from(text.matchAll(/[^.!?。!?]*(?:[.!?。!?]+\s*|$)/gu), ({ index, 0: { length } }) => ({
    start: index,
    end: index + length,
  })).filter(({ start, end }) => end > start);
/** One token for each word and each Chinese character. */
const countTokens = (text: string) => text.match(/\p{Script=Han}|[^\s\p{Script=Han}]+/gu)?.length ?? 0;
const options: GroundingOptions = { countTokens, sentences };

/** The chunks of one document, cut as given. */
function chunked(uri: string, parts: readonly string[], headings: (index: number) => readonly string[] = () => []) {
  let offset = 0;
  return parts.map((text, index): SearchHit => {
    const start = offset;
    offset += text.length;
    const chunk = { index, text, start, end: offset, headings: headings(index), tokens: countTokens(text) };
    const document = { uri, title: `Title of ${uri}`, mediaType: 'text/plain', metadata: {} };
    return { knowledgeBase: 'docs', document, chunk, stages: {}, score: 1 };
  });
}

describe('groundHits', () => {
  it('takes the documents of the best hits, each with its best chunk before any gets a second', async () => {
    const [a1, a2] = chunked('a', ['A one. ', 'A two. ']);
    const [b1] = chunked('b', ['B one. ']);
    const [c1] = chunked('c', ['C one. ']);
    const [d1] = chunked('d', ['D one. ']);
    const hits = [a2, a1, b1, c1, d1].filter((hit) => hit !== undefined);
    const sources = await groundHits(hits, options);
    expect(sources.map(({ number, uri, text }) => [number, uri, text])).toEqual([
      [1, 'a', 'A one. A two. '],
      [2, 'b', 'B one. '],
      [3, 'c', 'C one. '],
    ]);
    const oneEach = await groundHits(hits, { ...options, maxTokens: countTokens(sourcesText(sources)) - 1 });
    expect(oneEach.map(({ uri, text }) => [uri, text])).toEqual([
      ['a', 'A two. '],
      ['b', 'B one. '],
      ['c', 'C one. '],
    ]);
  });

  it('joins neighbours of one section in the order of the document, and tells where each passage is', async () => {
    const parts = ['Intro one. ', 'Intro two. ', 'Use one. ', 'Use two. ', 'Use three. '];
    const hits = chunked('a', parts, (index) => (index < 2 ? ['Intro'] : ['Use']));
    const [h0, h1, h2, , h4] = hits;
    const sources = await groundHits(
      [h4, h1, h2, h0].filter((hit) => hit !== undefined),
      options,
    );
    expect(sources).toMatchObject([
      { number: 1, headings: ['Intro'], start: 0, end: 22, text: 'Intro one. Intro two. ' },
      { number: 2, headings: ['Use'], start: 22, end: 31, text: 'Use one. ' },
      { number: 3, headings: ['Use'], start: 40, end: 51, text: 'Use three. ' },
    ]);
  });

  it('tells overlapping chunks once', async () => {
    const document = 'One. Two. Three. Four.';
    const [first, second] = chunked('a', ['One. Two. ', 'x']);
    if (!first || !second) throw new Error('two chunks');
    const overlapping = { ...second, chunk: { ...second.chunk, start: 5, end: 22, text: document.slice(5) } };
    const [source] = await groundHits([first, overlapping], options);
    expect(source).toMatchObject({ start: 0, end: 22, text: document });
  });

  it('tells where each passage stands in its file: lines, pages, offsets, through what was joined, cut or told twice', async () => {
    const file = '\ufeffOne is a.\r\nTwo is b.\r\n\r\nThree is c.\r\nFour is d.\r\n';
    const [a, b] = ['One is a.\nTwo is b.', 'Two is b.\n\nThree is c.\nFour is d.'];
    const line = (at: number, text: string, number: number) => {
      const start = file.indexOf(text);
      return { at, start, end: start + text.length, line: number };
    };
    const first = {
      index: 0,
      text: a,
      start: 0,
      end: 19,
      headings: [],
      tokens: 9,
      stretches: [line(0, 'One is a.', 1), line(9, '\nTwo is b.', 1)],
    };
    const second = {
      ...first,
      index: 1,
      text: b,
      start: 10,
      end: 43,
      stretches: [line(0, 'Two is b.', 2), line(9, '\n', 2), line(10, '\nThree is c.', 3), line(22, '\nFour is d.', 4)],
    };
    const hit = (chunk: TextChunk): SearchHit => {
      const document = { uri: 'a', title: 'T', mediaType: 'text/plain', metadata: {} };
      return { knowledgeBase: 'docs', document, chunk, stages: {}, score: 1 };
    };
    const told = async (hits: readonly SearchHit[], limits: Partial<GroundingOptions> = {}) => {
      const [source] = await groundHits(hits, { ...options, ...limits });
      if (source === undefined) throw new Error('no source');
      return { ...source, slice: file.slice(source.start, source.end) };
    };
    expect(await told([hit(second)])).toMatchObject({ line: 2, endLine: 5, slice: b.replaceAll('\n', '\r\n') });
    const both = await told([hit(second), hit(first)]);
    expect(both).toMatchObject({ line: 1, endLine: 5, slice: file.slice(1, -2) });
    expect(placeWithin(both.stretches ?? [], both.text, both.text.indexOf('Four'), both.text.length)).toMatchObject({
      line: 5,
      endLine: 5,
    });
    const whole = countTokens(sourcesText([both]));
    const cut = await told([hit(second)], { maxTokens: whole - 5 });
    expect(cut).toMatchObject({ line: 2, endLine: 4 });
    expect(cut.slice.trimEnd()).toBe('Two is b.\r\n\r\nThree is c.');
    const pages = {
      ...second,
      stretches: [
        { at: 0, page: 7 },
        { at: 11, page: 8 },
      ],
    };
    expect(await told([hit(pages)])).toMatchObject({ page: 7, endPage: 8, start: 10, end: 43 });
    const rows = {
      ...second,
      text: `| H |\n${b}`,
      repeated: 6,
      stretches: second.stretches.map((one) => ({ ...one, at: one.at + 6 })),
    };
    expect(await told([hit(rows)])).toMatchObject({ line: 2, endLine: 5, slice: b.replaceAll('\n', '\r\n') });
    expect(await told([hit(first), hit(rows)])).toMatchObject({
      text: both.text,
      line: 1,
      endLine: 5,
      slice: both.slice,
    });
  });

  it('cuts after a sentence, in both languages', async () => {
    const english = 'One two three. Four five six. Seven eight nine. ';
    const chinese = '第一句话。第二句话。第三句话。';
    for (const [text, expected] of [
      [english, 'One two three. Four five six. '],
      [chinese, '第一句话。第二句话。'],
    ] as const) {
      const hits = chunked('a', [text]);
      const whole = countTokens(sourcesText(await groundHits(hits, options)));
      const [source] = await groundHits(hits, { ...options, maxTokens: whole - 2 });
      expect(source).toMatchObject({ text: expected, start: 0, end: expected.length });
    }
  });

  it('cuts within the first sentence only when nothing else fits, and not within a character', async () => {
    const hits = chunked('a', [`${'😀 '.repeat(500)}end`, 'Next. ']);
    const [source, ...others] = await groundHits(hits.slice(0, 1), { ...options, maxTokens: 60 });
    expect(others).toEqual([]);
    expect(source?.text).toMatch(/^(?:😀 ?)+$/u);
    expect(source?.text.isWellFormed()).toBe(true);
    // A shorter sentence that fits is better than a part of one that does not.
    expect(await groundHits(hits, { ...options, maxTokens: 60 })).toMatchObject([{ text: 'Next. ' }]);
  });

  it('gives nothing where nothing was found or nothing fits', async () => {
    expect(await groundHits([], options)).toEqual([]);
    expect(await groundHits(chunked('a', [' \n', '']), options)).toEqual([]);
    expect(await groundHits(chunked('a', ['Text.']), { ...options, maxTokens: 5 })).toEqual([]);
  });

  it('keeps its promises for whatever was found', async () => {
    const sentence = fc
      .array(fc.constantFrom('word', '字', '中文词', 'longer-word', '😀'), { minLength: 1, maxLength: 30 })
      .chain((words) => fc.constantFrom('. ', '。', '!\n').map((end) => words.join(' ') + end));
    const text = fc.array(sentence, { minLength: 1, maxLength: 6 }).map((all) => all.join(''));
    const documents = fc.array(fc.array(text, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(
        documents,
        fc.integer({ min: 30, max: 400 }),
        fc.infiniteStream(fc.nat()),
        async (all, maxTokens, random) => {
          const texts = all.map((parts) => parts.join(''));
          const hits = all
            .flatMap((parts, index) => chunked(`${index}`, parts, (chunk) => [`Section ${chunk >> 1}`]))
            .map((hit) => ({ hit, order: random.next().value }))
            .toSorted((a, b) => a.order - b.order)
            .map(({ hit }) => hit);
          const sources = await groundHits(hits, { ...options, maxTokens });
          expect(countTokens(sourcesText(sources))).toBeLessThanOrEqual(maxTokens);
          expect(sources.map(({ number }) => number)).toEqual(sources.map((_, index) => index + 1));
          // At most three documents. They are not always those of the first hits, because copies of earlier texts are ranked lower.
          const used = [...new Set(sources.map(({ uri }) => uri))];
          expect(used.length).toBeLessThanOrEqual(3);
          const ends = new Map(texts.map((whole, index) => [`${index}`, sentences(whole).map(({ end }) => end)]));
          for (const { uri, start, end, text: passage } of sources) {
            expect(passage).toBe(texts[Number(uri)]?.slice(start, end));
          }
          // A lone cut sentence is the one exception.
          const within = sources.filter(({ uri, end }) => !ends.get(uri)?.includes(end));
          expect(sources.length > 1 ? within : []).toEqual([]);
          for (const uri of used) {
            const ofOne = sources.filter((source) => source.uri === uri);
            for (const [index, source] of ofOne.entries()) {
              expect(source.start).toBeGreaterThanOrEqual(ofOne[index - 1]?.end ?? 0);
            }
          }
        },
      ),
    );
  }, 60_000);
});
