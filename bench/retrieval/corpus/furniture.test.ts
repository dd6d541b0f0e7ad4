import { expect, it } from 'vitest';
import furniture from './furniture.json' with { type: 'json' };
import { furnitureKept, withoutFurniture } from './furniture.js';
import { lossOf } from './count-words.js';

const LINES = ['Home | Next', 'Next', '© 2026 Example'];
const PAGE = 'Home | Next\nNext steps: go home.\n© 2026\nExample Next';

it.each([
  ['none', 'Next steps: go home.', 0],
  ['all', PAGE, 5],
  ['one line', 'Next steps: go home. © 2026 Example', 2],
  ['a word of it that is said elsewhere too', 'Next steps', 0],
  ['nothing at all', '', 0],
])('counts furniture that is kept: %s', (_, ours, kept) => {
  expect(furnitureKept(LINES, PAGE, ours)).toMatchObject({ words: 5, kept });
});

it('does not ask for words of furniture', () => {
  expect(lossOf(withoutFurniture(PAGE, LINES), 'steps go home Next')).toMatchObject({ words: 4, lost: 0 });
  expect(lossOf(withoutFurniture(PAGE, LINES), 'steps go')).toMatchObject({ words: 4, lost: 2 });
});

it('knows the furniture of more than 20 pages', () => {
  expect(Object.values(furniture).filter((lines) => lines.length > 0).length).toBeGreaterThan(20);
});
