import { describe, expect, it } from 'vitest';
import { goesOn, messageOf } from './chat-input.js';
import { splitWords } from './words.js';

/** Lines until none goes on, and the message that they make. */
function typed(lines: readonly string[]): { message: string; lines: number } {
  const taken: string[] = [];
  for (const line of lines) {
    taken.push(line);
    if (!goesOn(taken)) break;
  }
  return { message: messageOf(taken), lines: taken.length };
}

describe('a message of several lines', () => {
  it.each([
    [['one line', 'next'], 'one line', 1],
    [['first \\', 'second\\', 'third', 'next'], 'first \nsecond\nthird', 3],
    [['"""', 'def f():', '', '  return 1', '"""', 'next'], 'def f():\n\n  return 1', 5],
    [['"""begins here', 'ends here"""', 'next'], 'begins here\nends here', 2],
    [['"""all on one line"""', 'next'], 'all on one line', 1],
    [['"""', 'with \\', '"""'], 'with \\', 3],
    [['pasted␤in two lines'], 'pasted\nin two lines', 1],
    [['""'], '""', 1],
  ])('%j', (lines, message, count) => {
    expect(typed(lines)).toEqual({ message, lines: count });
  });
});

describe('words of a command', () => {
  it.each([
    ['temperature 0.5 --top-k 3', ['temperature', '0.5', '--top-k', '3']],
    ['--persona "You are a \\"pirate\\"." --user \'a b\'', ['--persona', 'You are a "pirate".', '--user', 'a b']],
    ['--persona=“x” C:\\temp', ['--persona=“x”', 'C:\\temp']],
    ['--persona="a b"', ['--persona=a b']],
    ['persona "never closed', ['persona', 'never closed']],
    ['  ', []],
  ])('%s', (text, words) => {
    expect(splitWords(text)).toEqual(words);
  });
});
