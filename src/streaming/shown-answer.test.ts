import { expect, it } from 'vitest';
import { createShownAnswer } from './shown-answer.js';

it('shows each part once, though a resumed attempt repeats some', () => {
  const answer = createShownAnswer();
  const shown = [
    answer.add({ offset: 0, text: 'The capital ' }),
    answer.add({ offset: 12, text: 'of France' }),
    // A retry goes on from a checkpoint that is a little older.
    answer.add({ offset: 0, text: 'The capital ' }),
    answer.add({ offset: 12, text: 'of France is' }),
    answer.add({ offset: 24, text: ' Paris.' }),
    answer.complete('The capital of France is Paris.'),
  ];
  expect(shown).toEqual(['The capital ', 'of France', '', ' is', ' Paris.', '']);
});

it('fills from the durable answer what the stream lost', () => {
  const answer = createShownAnswer();
  expect(answer.add({ offset: 0, text: 'The ' })).toBe('The ');
  expect(answer.add({ offset: 12, text: 'of France' })).toBe('');
  expect(answer.complete('The capital of France')).toBe('capital of France');
});

it('never takes back what was shown', () => {
  const answer = createShownAnswer();
  answer.add({ offset: 0, text: 'Paris' });
  expect(answer.add({ offset: 0, text: 'Lyon' })).toBe('');
  expect(answer.text).toBe('Paris');
});
