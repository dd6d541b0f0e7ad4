import { expect, it } from 'vitest';
import { ReadableText } from '../readable-text.js';
import { writeOdf } from './odf-content.js';

function textOf(xml: string): string {
  const readable = new ReadableText();
  writeOdf(xml, readable, { name: 'x', maxCharacters: 1_000_000 });
  return readable.finish().text;
}
const sheet = (...cells: string[]): string =>
  textOf(
    `<office:spreadsheet><table:table table:name="S"><table:table-row>${cells.join('')}</table:table-row></table:table></office:spreadsheet>`,
  );

it.each([
  ['<table:table-cell office:value-type="float" office:value="9.5"/>', '9.5'],
  ['<table:table-cell office:value-type="date" office:date-value="2026-05-01"/>', '2026-05-01'],
  ['<table:table-cell office:value-type="string" office:string-value="Kiel"><text:p/></table:table-cell>', 'Kiel'],
  ['<table:table-cell office:value-type="boolean" office:boolean-value="true"/>', 'true'],
  [
    '<table:table-cell office:value-type="float" office:value="9.5"><text:p>9,50 m</text:p></table:table-cell>',
    '9,50 m',
  ],
  ['<table:table-cell office:value-type="float" office:value="7" table:number-columns-repeated="2"/>', '7 · 7'],
])('a cell %s holds %s', (cell, value) => {
  expect(sheet(cell)).toBe(`S\n\n${value}`);
});

it.each([
  ['<draw:image/><svg:title>Chart</svg:title>', 'See Chart here'],
  ['<svg:title>Chart</svg:title><svg:desc>of fees</svg:desc>', 'See Chart of fees here'],
  ['<draw:frame><svg:desc>a</svg:desc></draw:frame>', 'See a here'],
])('what a picture shows stands apart from the words around it: %s', (picture, text) => {
  expect(textOf(`<text:p>See${picture}here</text:p>`).replace(/ +/gu, ' ')).toBe(text);
});

it('leaves out how words are read', () => {
  const ruby = '<text:ruby><text:ruby-base>港</text:ruby-base><text:ruby-text>みなと</text:ruby-text></text:ruby>';
  expect(textOf(`<text:p>${ruby}町</text:p>`)).toBe('港町');
});
