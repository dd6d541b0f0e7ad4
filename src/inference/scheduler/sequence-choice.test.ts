import { describe, expect, it } from 'vitest';
import { chooseSequence, commonPrefixLength, type SequenceState } from './sequence-choice.js';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

function sequence(id: number, tokens: readonly number[], rest: Partial<SequenceState> = {}): SequenceState {
  return { id, tokens, busy: false, lastUsed: id, ...rest };
}

describe('choice of a sequence', () => {
  it('continues the conversation it holds', () => {
    const held = [sequence(0, []), sequence(1, range(0, 100)), sequence(2, range(500, 600))];
    expect(chooseSequence(range(0, 130), held)).toEqual({ id: 1, keep: 100 });
  });

  it('continues it also when the last answer was replaced', () => {
    expect(chooseSequence([...range(0, 80), 999], [sequence(0, range(0, 100))])).toEqual({ id: 0, keep: 80 });
  });

  it('leaves another conversation alone that only shares the persona, while there is an empty sequence', () => {
    const held = [sequence(0, range(0, 300)), sequence(1, [])];
    expect(chooseSequence([...range(0, 20), 999], held)).toEqual({ id: 1, keep: 0 });
  });

  it('copies a long shared persona, also from a busy sequence', () => {
    const held = [sequence(0, range(0, 300), { busy: true }), sequence(1, [])];
    expect(chooseSequence([...range(0, 100), 999], held)).toEqual({ id: 1, keep: 100, copyFrom: 0 });
  });

  it('pushes out the least recently used when none is empty', () => {
    const held = [sequence(0, range(0, 50), { lastUsed: 9 }), sequence(1, range(100, 150), { lastUsed: 3 })];
    expect(chooseSequence(range(700, 710), held)).toEqual({ id: 1, keep: 0 });
  });

  it('loads a snapshot that holds much more than any sequence', () => {
    const snapshots = [{ name: 'a', tokens: range(0, 200) }];
    expect(chooseSequence(range(0, 300), [sequence(0, range(500, 700)), sequence(1, [])], snapshots)).toEqual({
      id: 1,
      keep: 200,
      load: 'a',
    });
    expect(chooseSequence(range(0, 300), [sequence(0, range(0, 20))], snapshots)).toEqual({
      id: 0,
      keep: 200,
      load: 'a',
    });
    expect(chooseSequence(range(0, 300), [sequence(0, range(0, 180))], snapshots)).toEqual({ id: 0, keep: 180 });
  });

  it('is none when all are busy', () => {
    expect(chooseSequence([1], [sequence(0, [1], { busy: true })])).toBeUndefined();
    expect(chooseSequence([1], [])).toBeUndefined();
  });

  it('measures common prefixes', () => {
    expect(commonPrefixLength([1, 2, 3], [1, 2, 4])).toBe(2);
    expect(commonPrefixLength([], [1])).toBe(0);
    expect(commonPrefixLength([1, 2], [1, 2, 3])).toBe(2);
  });
});
