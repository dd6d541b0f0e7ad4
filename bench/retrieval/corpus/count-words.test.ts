import { expect, it } from 'vitest';
import { lossOf } from './count-words.js';

it.each([
  ['the same', 'a state-of-the-\nart thing', 'a state-of-the-art thing', 0],
  ['divided and whole', 'we com-\npile', 'we compile', 0],
  ['ligatures', 'ﬁne', 'fine', 0],
  ['Chinese by characters', '数据库 备份', '数据 库备份', 0],
  ['one of two', 'word word', 'word', 1],
  ['all of it', 'three words here', '', 3],
])('counts words that are lost: %s', (_, other, ours, lost) => {
  expect(lossOf(other, ours).lost).toBe(lost);
});

it('tells words where only spaces differ', () => {
  expect(lossOf('complete loss', 'com plete loss')).toMatchObject({
    words: 2,
    lost: 1,
    spaced: 1,
    examples: ['complete'],
  });
});
