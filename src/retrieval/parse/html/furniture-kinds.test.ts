import { describe, expect, it } from 'vitest';
import { parseHtml } from '../parse-html.js';

const PROSE = 'The valve closes when the pressure in the tank falls below the limit that the operator has set. '
  .repeat(4)
  .trim();
const textOf = (body: string): string => parseHtml(`<html><body>${body}</body></html>`).text;
const links = (...texts: string[]): string[] => texts.map((text) => `<a href="${text}.html">${text}</a>`);
const letters = ['A', 'B', 'C', 'D', 'E', 'F', 'G'].map((letter) => `<a href="#${letter}">${letter}</a>`);

describe('furniture of pages', () => {
  it.each([
    ['a bar between rules', `<hr>[ ${links('prev', 'next', 'top').join(' | ')} ]<hr>`],
    ['a bar beside a part', links('previous', 'Table of Contents', 'next').join('')],
    ['a bar after a break', `<br>${links('Index', 'Return to Main Contents').join('\n')}<hr>`],
    ['the letters of an index', `<table><tr><th>Jump to:</th><td>${letters.join(' ')}</td></tr></table>`],
    ['letters with strokes between them', `<div>${letters.join(' | ')}</div>`],
    ['letters of an index in Japanese', `<p>${links('あ', 'か', 'さ', 'た', 'な', 'は').join(' ')}</p>`],
    ['a path of links', `<div>${links('Home', 'Docs').join(' » ')} » Valves</div>`],
    ['another path of links', `<p>${links('Home', 'Guides').join(' › ')} › ${links('Valves').join('')}</p>`],
    ['links with strokes between them', `<div>${links('Types', 'Macros', 'Functions', 'Variables').join(' | ')}</div>`],
    ['a slogan', '<div class="tagline desktop">Small. Fast.<br>Reliable.</div>'],
    ['the name of a site', '<div id="site-title">Valves and more</div>'],
    [
      'a sidebar',
      '<div class="sidebar" role="navigation"><p>Valves is a library for people.</p><h3>Related</h3></div>',
    ],
  ])('are left out: %s', (_kind, furniture) => {
    expect(textOf(`${furniture}<div><h1>Valves</h1><p>${PROSE}</p></div>`)).toBe(`Valves\n\n${PROSE}`);
  });

  it('are left out at the end: how a page was made, in no element of its own', () => {
    expect(
      textOf(
        `<h1>Valves</h1><p>${PROSE}</p><hr>This document was created by <a href="/m">man2html</a>, using pages.<br>`,
      ),
    ).toBe(`Valves\n\n${PROSE}`);
  });

  it('are left out beside the page in a table for layout: a column of links', () => {
    const menu = `<table><tr><td>Menu</td></tr><tr><td><ul><li>${links('a', 'b', 'c', 'd', 'e', 'f').join('<li>')}</ul></td></tr></table>`;
    expect(textOf(`<table><tr><td>${menu}</td><td><h1>Valves</h1><p>${PROSE}</p></td></tr></table>`)).toBe(
      `Valves\n\n${PROSE}`,
    );
  });
});

describe('what looks like furniture', () => {
  it.each([
    [
      'a row of links in the page’s own table',
      `<table><tr><td>${links('a', 'b', 'c', 'd', 'e').join(' ')}</td><td>${PROSE}</td></tr></table>`,
      'a b c d e',
    ],
    [
      'words in angle quotes',
      `<p>« ${links('Oui').join('')} » et « ${links('non').join('')} »</p>`,
      '« Oui » et « non »',
    ],
    ['symbols of elements', `<p>${links('He', 'Li', 'Be', 'Ne', 'Na').join(' ')}</p>`, 'He Li Be Ne Na'],
    ['two links with a stroke between them', `<p>${links('Chrome', 'Firefox').join(' | ')}</p>`, 'Chrome | Firefox'],
    [
      'references with words',
      `<p>See also: ${links('one', 'two', 'three', 'four').join(' | ')}</p>`,
      'See also: one | two | three | four',
    ],
    [
      'a line of text and links beside blocks',
      `Valves are ${links('open').join('')} or ${links('shut').join('')}.<hr>`,
      'Valves are open or shut.',
    ],
    ['a part that is called logo and long', `<div class="logo">${PROSE}</div>`, PROSE],
  ])('is kept: %s', (_kind, body, text) => {
    expect(textOf(`<h1>Valves</h1>${body}<p>${PROSE}</p>`)).toContain(text);
  });
});
