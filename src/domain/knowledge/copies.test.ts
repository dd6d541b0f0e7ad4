import { describe, expect, it } from 'vitest';
import { mergeCopies, rankDownNearCopies } from './copies.js';
import { groundHits } from '../answer/grounding.js';
import { rankLists } from './rank-lists.js';
import type { SearchHit } from './retrieval.js';

const TOPICS = ['travel', 'leave', 'security', 'hardware', 'food', 'parking'];
/** About 600 characters of sentences with made-up words, different for each topic. */
function longText(topic: string): string {
  let state = Array.from(topic).reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 2_147_483_647;
  const next = (below: number): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  const word = (): string => Array.from({ length: 3 + next(6) }, () => String.fromCharCode(97 + next(26))).join('');
  const sentences = Array.from(
    { length: 12 },
    (_, index) => `${topic} ${Array.from({ length: 6 }, word).join(' ')} ${index * 7}`,
  );
  return sentences.join('. ');
}

function hit(
  uri: string,
  index: number,
  text: string,
  rest: Partial<SearchHit> & { headings?: readonly string[] } = {},
): SearchHit {
  const { headings = [], ...other } = rest;
  const start = index * 1000;
  return {
    knowledgeBase: 'docs',
    document: { uri, title: uri, mediaType: 'text/plain', metadata: {} },
    chunk: { index, text, start, end: start + text.length, headings, tokens: 100 },
    stages: {},
    score: 1,
    ...other,
  };
}
const scored = (hits: readonly SearchHit[]): SearchHit[] =>
  hits.map((one, index) => ({ ...one, score: 1 / (21 + index) }));
const uris = (hits: readonly SearchHit[]): string[] => hits.map(({ document }) => document.uri);

describe('mergeCopies', () => {
  it('gives each text once, with all its places', () => {
    const text = longText('travel');
    const merged = mergeCopies(
      scored([
        hit('a', 3, text),
        hit('b', 3, ` ${text.replaceAll('. ', '.\n')}`),
        hit('d', 0, longText('leave')),
        hit('c', 7, text),
      ]),
    );
    expect(uris(merged)).toEqual(['a', 'd']);
    expect(merged[0]?.alsoAt?.map(({ document, chunk }) => [document.uri, chunk.index])).toEqual([
      ['b', 3],
      ['c', 7],
    ]);
    expect(merged[1]).not.toHaveProperty('alsoAt');
    expect(mergeCopies(merged)).toEqual(merged);
  });

  it('tells of the same one of several copied documents, however their passages are ranked', () => {
    const [one, two, three] = ['travel', 'leave', 'food'].map(longText);
    const merged = mergeCopies([
      hit('b', 0, one ?? ''),
      hit('a', 0, one ?? ''),
      hit('a', 1, two ?? ''),
      hit('b', 1, two ?? ''),
      hit('a', 2, three ?? ''),
    ]);
    expect(uris(merged)).toEqual(['b', 'b', 'a']);
  });

  it('keeps short texts under other headings, which say something else', () => {
    const under = (uri: string, index: number, ...headings: string[]): SearchHit =>
      hit(uri, index, 'Returns 404.', { headings });
    expect(mergeCopies([under('api', 1, 'api', 'GET /users'), under('api', 2, 'api', 'GET /orders')])).toHaveLength(2);
    // A title that is the file's name does not count as a heading.
    expect(mergeCopies([under('a', 1, 'a', 'GET /users'), under('b', 1, 'b', 'GET /users')])).toHaveLength(1);
  });

  it('names copies in other knowledge bases, and not without end', () => {
    const text = longText('travel');
    const copies = Array.from({ length: 50 }, (_, index) => hit('same', 0, text, { knowledgeBase: `base${index}` }));
    const [merged, ...others] = rankLists(
      copies.map((copy) => [copy]),
      10,
    );
    expect(others).toEqual([]);
    expect(merged?.knowledgeBase).toBe('base0');
    expect(merged?.alsoAt).toHaveLength(20);
    expect(merged?.alsoAt?.[0]?.knowledgeBase).toBe('base1');
  });
});

describe('rankDownNearCopies', () => {
  it('moves versions of one text behind others, and keeps them', () => {
    const text = longText('travel');
    const versions = [text, text.replace('14', '15'), `${text} Valid from 2024.`, text.replaceAll('21', '22')].map(
      (one, index) => hit(`v${index}`, 0, one),
    );
    const others = TOPICS.slice(1).map((topic) => hit(topic, 0, longText(topic)));
    const ranked = rankDownNearCopies(scored([...versions, ...others]));
    expect(uris(ranked).slice(0, 4)).toEqual(['v0', 'leave', 'security', 'hardware']);
    expect(uris(ranked)).toHaveLength(9);
    expect(ranked.map(({ score }) => score)).toEqual(ranked.map(({ score }) => score).toSorted((a, b) => b - a));
  });

  it.each([
    [
      'Chinese',
      (index: number) =>
        longText('travel').replace(/[a-z ]/gu, (letter) => String.fromCharCode(0x4e00 + letter.charCodeAt(0) * 97)) +
        String(index),
    ],
    [
      'with other white space',
      (index: number) => longText('travel').replaceAll(' ', ' '.repeat(index + 1)) + String(index),
    ],
    ['with another name in it', (index: number) => `${longText('travel')} signed by ${TOPICS[index] ?? ''}`],
  ])('knows near copies: %s', (_what, make) => {
    const ranked = rankDownNearCopies(
      scored([hit('a', 0, make(1)), hit('b', 0, make(2)), hit('c', 0, longText('food'))]),
    );
    expect(uris(ranked)).toEqual(['a', 'c', 'b']);
  });

  it('leaves what only shares a subject or a frame', () => {
    const hits = scored([
      ...TOPICS.map((topic) =>
        hit(topic, 0, `${longText(topic)} This page belongs to the handbook. Ask your manager.`),
      ),
      hit('short', 0, 'Default: true.'),
      hit('short too', 0, 'Default: false.'),
    ]);
    expect(rankDownNearCopies(hits)).toEqual(hits);
  });
});

describe('an answer from copies', () => {
  const options = {
    countTokens: (text: string) => text.length / 4,
    sentences: (text: string) => [{ start: 0, end: text.length }],
  };

  it('has sources that differ, and tells where else they stand', async () => {
    const hits = ['a', 'b', 'c'].flatMap((uri) => [hit(uri, 0, longText('travel')), hit(uri, 1, longText('leave'))]);
    const sources = await groundHits(
      [...hits, hit('d', 0, longText('food')), hit('e', 0, longText('parking'))],
      options,
    );
    expect(sources.map(({ uri }) => uri)).toEqual(['a', 'd', 'e']);
    expect(sources[0]?.alsoAt).toEqual([
      { knowledgeBase: 'docs', uri: 'b', title: 'b' },
      { knowledgeBase: 'docs', uri: 'c', title: 'c' },
    ]);
    expect(sources[0]?.text).toContain('leave ');
  });

  it('names no document beside a passage that it has only a part of', async () => {
    const hits = [hit('a', 0, longText('travel')), hit('a', 1, longText('leave')), hit('b', 5, longText('travel'))];
    const [source] = await groundHits(hits, options);
    expect(source).toMatchObject({ uri: 'a', text: expect.stringContaining('leave ') as string });
    expect(source).not.toHaveProperty('alsoAt');
  });
});
