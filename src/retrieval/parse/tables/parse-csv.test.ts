import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_DOCUMENT_LIMITS } from '../../document-limits.js';
import { parseCsv } from './parse-csv.js';

const read = (source: string, name = 'x.csv') =>
  parseCsv(source, { name, limits: DEFAULT_DOCUMENT_LIMITS }).text.split('\n\n');
const SHIPS = ['Ship · Crew · Port', 'Ship: Ada · Crew: 36 · Port: Kiel', 'Ship: Bob · Crew: 7 · Port: Lübeck, DE'];

describe('parseCsv', () => {
  it.each([
    ['commas', 'Ship,Crew,Port\nAda,36,Kiel\nBob,7,"Lübeck, DE"\n'],
    ['semicolons', 'Ship;Crew;Port\r\nAda;36;Kiel\r\nBob;7;Lübeck, DE\r\n'],
    ['tabs', 'Ship\tCrew\tPort\nAda\t36\tKiel\nBob\t7\tLübeck, DE'],
    ['bars', 'Ship|Crew|Port\rAda|36|Kiel\rBob|7|Lübeck, DE'],
    ['a byte order mark', '\uFEFFShip,Crew,Port\nAda,36,Kiel\nBob,7,"Lübeck, DE"\n'],
    ['a line for Excel', 'sep=^\nShip^Crew^Port\nAda^36^Kiel\nBob^7^Lübeck, DE\n'],
    ['empty lines', 'Ship,Crew,Port\n\nAda,36,Kiel\n,,\nBob,7,"Lübeck, DE"\n\n'],
  ])('reads rows with %s', (_, source) => {
    expect(read(source)).toEqual(SHIPS);
  });

  it('takes quotes as RFC 4180 has them, and others as characters', () => {
    expect(read('Name,Note\nAda,"says ""hi"",\nthen goes"\nBob,5" pipe\n"Eve" ,x')).toEqual([
      'Name · Note',
      'Name: Ada · Note: says "hi", then goes',
      'Name: Bob · Note: 5" pipe',
      'Name: Eve · Note: x',
    ]);
    expect(read('Name,Note\nAda,"never closed\nBob,2\n')).toEqual([
      'Name · Note',
      'Name: Ada · Note: "never closed',
      'Name: Bob · Note: 2',
    ]);
  });

  it.each([
    ['numbers', '1,2\n3,4', ['1 · 2', '3 · 4']],
    ['dates', '2024-01-01,5\n2024-01-02,6', ['2024-01-01 · 5', '2024-01-02 · 6']],
    ['the same twice', 'a,a\nb,c', ['a · a', 'b · c']],
    ['one row', 'Name,Age', ['Name · Age']],
    ['one column', 'Name\nAda, of Kiel; once\nBob', ['Name', 'Name: Ada, of Kiel; once', 'Name: Bob']],
    ['years', 'Port,2023,2024\nKiel,5,6', ['Port · 2023 · 2024', 'Port: Kiel · 2023: 5 · 2024: 6']],
    ['a column without a name', ',Name\n0,Ada\n1,Bob', ['Name', '0 · Name: Ada', '1 · Name: Bob']],
    [
      'more cells than names',
      'Name,Age\nAda,36,x\nBob,7',
      ['Name · Age', 'Name: Ada · Age: 36 · x', 'Name: Bob · Age: 7'],
    ],
  ])('sees whether the first row are names: %s', (_, source, expected) => {
    expect(read(source)).toEqual(expected);
  });

  it('goes by the name where one column is all there is', () => {
    expect(read('a b\tc', 'x.tsv')).toEqual(['a b · c']);
  });

  it('holds every cell of any table that is written by the standard', () => {
    const word = fc.stringMatching(/^[a-z",;\n|\t]{1,6}$/u).filter((text) => text.trim() !== '');
    const table = fc.array(fc.array(word, { minLength: 3, maxLength: 3 }), { minLength: 3, maxLength: 6 });
    fc.assert(
      fc.property(table, fc.constantFrom(',', ';', '\t', '|'), (rows, delimiter) => {
        const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
        const source = `sep=${delimiter}\n${rows.map((row) => row.map(quoted).join(delimiter)).join('\n')}\n`;
        const text = read(source).join('\n');
        for (const cell of rows.flat()) expect(text).toContain(cell.replace(/\s+/gu, ' ').trim());
      }),
    );
  });

  it.each([
    ['columns', 'x,'.repeat(200_000)],
    ['quotes that nothing closes', '"a,'.repeat(100_000)],
    ['quotes that close nothing', `"${'" "x '.repeat(100_000)}`],
    ['quotes at the end', `a,"${'""'.repeat(300_000)}`],
    ['spaces', `"a"${' '.repeat(500_000)}b`],
    ['line ends', '\n'.repeat(500_000)],
    ['digits', `${'1'.repeat(500_000)},2\n`.repeat(2)],
  ])('takes time in proportion to %s', (_, source) => {
    const started = performance.now();
    read(source);
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
