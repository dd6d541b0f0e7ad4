import { expect, it } from 'vitest';
import { evidenceOf, isWeakEvidence, sumStatistics } from './answer-evidence.js';
import type { AnswerEvidence } from './answer-evidence.js';
import type { SearchHit } from './retrieval.js';

const hit = (text: string, cosine?: number): SearchHit => ({
  knowledgeBase: 'docs',
  document: { uri: '/a', title: '', mediaType: 'text/plain', metadata: {} },
  chunk: { index: 0, text, start: 0, end: text.length, headings: [], tokens: 1 },
  stages: cosine === undefined ? {} : { vector: { rank: 1, score: cosine } },
  score: 1,
});
const none = { chunks: 1, holding: new Map<string, number>() };
const MODEL = 'multilingual-e5-small';

it('measures the nearest hit, the share of words that one and that no hit holds, by how rare they are', () => {
  const statistics = { chunks: 100, holding: new Map([['harbour', 10]]) };
  const hits = [hit('The harbours are large.', 0.8), hit('Seven.', 0.9)];
  const evidence = evidenceOf('When does the harbour open?', hits, statistics);
  // The weights are ln(1 + (200 - n + 0.5) / (n + 0.5)) for n = 12 and 2: 2.775 and 4.386; "when", "does" and "the" do not count.
  expect(evidence?.nearest).toBe(0.9);
  expect(evidence?.best).toBeCloseTo(9, 3);
  expect(evidence?.unfound).toBeCloseTo(4.386 / (2.775 + 4.386), 3);
  expect(evidence).toMatchObject({ chunks: 100, lacksName: false, script: 'spaced', isSameScript: true });
});

it.each([
  ['What is a hook in React?', true],
  ['How is simple_tag written?', true],
  ['React has what hooks?', false],
  ['What is a hook? May I see one?', false],
  // German nouns always begin with a capital.
  ['Wann wird die Anlage am Sonntag geöffnet?', false],
])('tells whether no hit has a name of "%s"', (question, lacksName) => {
  expect(evidenceOf(question, [hit('Something else entirely.', 0.8)], none)?.lacksName).toBe(lacksName);
  expect(evidenceOf(question, [hit('React and simple_tag', 0.8)], none)?.lacksName).toBe(false);
});

it('judges neither a question of one word, nor one that is a text, nor hits without a cosine', () => {
  const near = [hit('The harbour opens at seven.', 0.9)];
  expect(evidenceOf('Thanks!', near, none)).toBeUndefined();
  const words = Array.from({ length: 61 }, (_, index) => `word${index}`);
  expect(evidenceOf(words.join(' '), near, none)).toBeUndefined();
  expect(evidenceOf('When does the harbour open?', [hit('The harbour opens at seven.')], none)).toBeUndefined();
  expect(evidenceOf('When does the harbour open?', [], none)).toBeUndefined();
});

it('sees that a question is in another script than its nearest hit', () => {
  const evidence = evidenceOf('图书馆早上几点开门?', [hit('The library opens at nine.', 0.78)], none);
  expect(evidence).toMatchObject({ script: 'paired', isSameScript: false });
});

// Cosines that multilingual-e5-small returns for such pairs.
const strong: AnswerEvidence = {
  nearest: 0.88,
  best: 9.5,
  unfound: 0.1,
  lacksName: false,
  chunks: 500,
  script: 'spaced',
  isSameScript: true,
};

it('takes far hits without the question’s words for weak, by the rule of the embedding model alone', () => {
  const weak = { ...strong, nearest: 0.78, best: 7.9, unfound: 0.8 };
  expect(isWeakEvidence(strong, MODEL)).toBe(false);
  expect(isWeakEvidence(weak, MODEL)).toBe(true);
  expect(isWeakEvidence(weak, 'ollama:bge-m3')).toBeUndefined();
  // Among few chunks, none is near by chance.
  const between = { ...strong, best: 8.1 };
  expect(isWeakEvidence(between, MODEL)).toBe(true);
  expect(isWeakEvidence({ ...between, chunks: 1 }, MODEL)).toBe(false);
});

it('refuses no hit in another script that is as near as such hits are', () => {
  const across = { ...strong, nearest: 0.76, best: 7.6, unfound: 1, isSameScript: false };
  expect(isWeakEvidence(across, MODEL)).toBe(false);
  expect(isWeakEvidence({ ...across, nearest: 0.7 }, MODEL)).toBe(true);
});

it('adds up the statistics of several knowledge bases', () => {
  const all = [
    { chunks: 2, holding: new Map([['a', 1]]) },
    {
      chunks: 3,
      holding: new Map([
        ['a', 2],
        ['b', 1],
      ]),
    },
  ];
  expect(sumStatistics(all)).toEqual({
    chunks: 5,
    holding: new Map([
      ['a', 3],
      ['b', 1],
    ]),
  });
});
