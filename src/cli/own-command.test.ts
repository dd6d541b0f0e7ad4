import { expect, it } from 'vitest';
import { typeable } from './own-command.js';

it.each([
  ['  $ colloquy start   everything', '  $ npx colloquy start   everything'],
  [
    'Allow it: colloquy approve X · refuse it: colloquy refuse X',
    'Allow it: npx colloquy approve X · refuse it: npx colloquy refuse X',
  ],
  ['A session is changed by "colloquy set".', 'A session is changed by "npx colloquy set".'],
  ['Usage: colloquy kb create <name>', 'Usage: npx colloquy kb create <name>'],
  ['colloquy is here, and colloquy starts', 'colloquy is here, and colloquy starts'],
  ['$ npx colloquy start; /opt/colloquy start', '$ npx colloquy start; /opt/colloquy start'],
])('%s', (text, expected) => {
  expect(typeable(text, false)).toBe(expected);
  expect(typeable(text, true)).toBe(text);
});
