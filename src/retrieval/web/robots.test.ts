import { describe, expect, it } from 'vitest';
import { parseRobots } from './robots.js';

const allows = (text: string, path: string): boolean => parseRobots(text, 'colloquy').allows(path);

// The cases are those of RFC 9309, sections 2.2.1 to 2.2.3 and 5, and of real sites.
describe('groups', () => {
  const groups = `
    User-agent: *
    Disallow: /all

    user-agent: Other
    User-Agent: COLLOQUY # this one
    Disallow: /both
    Sitemap: https://x.example/sitemap.xml
    Disallow: /too

    User-agent: other
    Disallow: /other

    User-agent: colloquy/1.0
    Disallow: /again
  `;
  it.each([
    ['/all', true],
    ['/both', false],
    ['/too', false],
    ['/other', true],
    ['/again', false],
    ['/', true],
  ])('that name the crawler are taken together: %s is %s', (path, expected) => {
    expect(allows(groups, path)).toBe(expected);
  });

  it('for all are taken where none names it', () => {
    expect(allows('User-agent: *\nDisallow: /a\nUser-agent: x\nDisallow: /\nUser-agent: *\nDisallow: /b', '/b')).toBe(
      false,
    );
    expect(allows('User-agent: colloquybot\nDisallow: /', '/a')).toBe(true);
    expect(allows('User-agent: colloquy\nUser-agent: *\nDisallow:\n\nUser-agent: *\nDisallow: /', '/a')).toBe(true);
    expect(allows('Disallow: /', '/a')).toBe(true);
    expect(allows('', '/a')).toBe(true);
  });

  it('are found whatever the line ends, in what is no robots.txt too', () => {
    expect(allows('\ufeffUser-agent: *\rDisallow: /a\r\nDisallow: /b', '/b')).toBe(false);
    expect(allows('<!doctype html><title>Not found</title>', '/a')).toBe(true);
  });
});

describe('the longest pattern decides', () => {
  it.each([
    [['Disallow: /'], '/a', false],
    [['Disallow: /'], '/robots.txt', true],
    [['Disallow: /a', 'Allow: /a/b'], '/a/b/c', true],
    [['Allow: /a/b', 'Disallow: /a/b/c'], '/a/b/c', false],
    [['Disallow: /a', 'Allow: /a'], '/a', true],
    [['Allow: /example/page/', 'Disallow: /example/page/disallowed.gif'], '/example/page/disallowed.gif', false],
    [['Disallow: /*.gif$'], '/x/y.gif', false],
    [['Disallow: /*.gif$'], '/x/y.gif?z', true],
    [['Disallow: *.gif'], '/x/y.gif?z', false],
    [['Disallow: /a$'], '/a', false],
    [['Disallow: /a$'], '/ab', true],
    [['Disallow: /a*'], '/a', false],
    [['Disallow: /a*$'], '/abc', false],
    [['Disallow: /*/b/*/d'], '/a/b/c/d/e', false],
    [['Disallow: /*?q='], '/search?q=x', false],
    [['Disallow: /foo/bar/ツ'], '/foo/bar/%E3%83%84', false],
    [['Disallow: /foo/bar/%E3%83%84'], '/foo/bar/ツ', false],
    [['Disallow: /%62ar'], '/bar', false],
    [['Disallow: /a%3cd.html'], '/a%3Cd.html', false],
    [['Disallow: /A'], '/a', true],
    [['Disallow : /a'], '/a', false],
    [['Disallow:'], '/a', true],
  ])('%j: %s is %s', (rules, path, expected) => {
    expect(allows(['User-agent: *', ...rules].join('\n'), path)).toBe(expected);
  });
});

it('takes no long time for patterns made to take one', () => {
  const hostile = `User-agent: *\n${`Disallow: /${'*a'.repeat(2000)}b$\n`.repeat(50)}`;
  const start = performance.now();
  expect(allows(hostile, `/${'a'.repeat(8000)}`)).toBe(true);
  expect(performance.now() - start).toBeLessThan(2000);
});
