import { expect, it } from 'vitest';
import { embeddingText, refuseEmptyTexts, unitVector } from './embedding-text.js';

it.each([
  ['multilingual-e5-small', 'query', 'query: a'],
  ['ollama:jeffh/intfloat-multilingual-e5-large:f16', 'passage', 'passage: a'],
  ['multilingual-e5-large-instruct', 'query', 'a'],
  ['e5-mistral-7b-instruct', 'query', 'a'],
  ['ollama:nomic-embed-text:latest', 'passage', 'search_document: a'],
  ['bge-m3', 'query', 'a'],
] as const)('puts before a text what %s wants of a %s', (modelId, purpose, text) => {
  expect(embeddingText(modelId, purpose, 'a')).toBe(text);
});

it('brings texts into NFKC', () => {
  expect(embeddingText('bge-m3', 'passage', '１２ oﬃce')).toBe('12 office');
});

it('names the first empty text', () => {
  expect(() => refuseEmptyTexts('m', ['a', '\t'])).toThrow(/Text 2 of 2/u);
});

it('makes vectors of length 1', () => {
  expect([...unitVector('m', [3, 4], 2)]).toEqual([Math.fround(0.6), Math.fround(0.8)]);
});

it.each([[[1, 2, 3]], [[0, 0]], [[Number.NaN, 1]], [[]]])('refuses %j where a vector of 2 was expected', (values) => {
  expect(() => unitVector('m', values, 2)).toThrow(/where 2 dimensions were expected/u);
});
