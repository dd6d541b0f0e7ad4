import { expect, it } from 'vitest';
import { countWords } from './count-words.js';
import { wordsOfAll } from './other-readings.js';

it.each([
  [['a box a box', 'a box'], { a: 1, box: 1 }],
  [['two words', 'twowords'], {}],
  [['only one reads it'], { only: 1, one: 1, reads: 1, it: 1 }],
  [['read', '', 'read'], {}],
  [[], {}],
])('asks for words as often as all readers have them: %j', (texts, words) => {
  expect(Object.fromEntries(wordsOfAll(texts.map(countWords)))).toEqual(words);
});
