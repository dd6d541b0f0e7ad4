import { describe, expect, it } from 'vitest';
import { findPassage } from './find-passage.js';
import { foldText } from './folded-text.js';
import { faultOfPlace } from './judge-place.js';
import { readTable } from './read-otherwise.js';

describe('the places that the bench finds', () => {
  it('are those of the passage that is meant, where equal ones stand', () => {
    const file = '\ufeffone\r\n\r\nsame words\r\nsa\u00adme words\r\n';
    const parsed = 'one\n\nsame words\nsame words\n';
    const folded = foldText(file, 'written');
    const passage = { text: 'same words', offset: parsed.lastIndexOf('same') };
    const found = findPassage(folded, foldText(parsed, 'written'), passage, 'written') ?? { first: [], last: [] };
    const right = { start: 20, end: 31, line: 4, endLine: 4 };
    expect(file.slice(20, 31)).toBe('sa\u00adme words');
    const other = { reading: { text: file }, folded };
    expect(faultOfPlace(right, found, other)).toBeUndefined();
    expect(faultOfPlace({ ...right, start: 19 }, found, other)).toBe('start: told 19, found 20');
    expect(faultOfPlace({ ...right, end: 32 }, found, other)).toBe('end: told 32, found 31');
    expect(faultOfPlace({ ...right, line: 3 }, found, other)).toBe('line: told 3, found 4');
    expect(faultOfPlace({ ...right, endLine: 5 }, found, other)).toBe('last line: told 5, found 4');
    expect(faultOfPlace({}, found, other)).toBe('start: told undefined, found 20');
  });

  it('are whole rows of tables', () => {
    const reading = readTable(Buffer.from('a,b\n1,"x\ny"\n2,z\n'), 'utf-8');
    expect(reading.rows?.map(({ start, end }) => reading.text.slice(start, end))).toEqual(['a,b', '1,"x\ny"', '2,z']);
    const folded = foldText(reading.text, 'letters');
    const found = findPassage(folded, folded, { text: 'y', offset: 0 }, 'letters') ?? { first: [], last: [] };
    expect(faultOfPlace({ start: 4, end: 11, line: 2, endLine: 3 }, found, { reading, folded })).toBeUndefined();
    expect(faultOfPlace({ start: 9, end: 10, line: 3 }, found, { reading, folded })).toBe('start: told 9, found 4');
  });

  it('are pages, by both ends of what is written in another order', () => {
    const reading = {
      text: 'The beginning of a text that goes on\nbeside it and ends with such words',
      pages: [0, 37],
    };
    const text = 'The beginning of a text that goes on, something else, beside it and ends with such words.';
    const folded = foldText(reading.text, 'letters');
    const found = findPassage(folded, foldText(text, 'letters'), { text, offset: 0 }, 'letters');
    expect(found).toBeDefined();
    const judged = { reading, folded };
    expect(faultOfPlace({ page: 1, endPage: 2 }, found ?? { first: [], last: [] }, judged)).toBeUndefined();
    expect(faultOfPlace({ page: 1 }, found ?? { first: [], last: [] }, judged)).toBe('last page: told 1, found 2');
    expect(findPassage(folded, foldText('nothing', 'letters'), { text: 'nothing', offset: 0 }, 'letters')).toBe(
      undefined,
    );
  });
});
