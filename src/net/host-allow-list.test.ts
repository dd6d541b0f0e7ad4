import { expect, it } from 'vitest';
import { createHostAllowList, faultOfHostPattern } from './host-allow-list.js';

it.each([
  ['example.org', 'https://example.org/a', true],
  ['example.org', 'http://EXAMPLE.org./', true],
  ['example.org', 'https://www.example.org/', false],
  ['example.org', 'https://example.org.evil.net/', false],
  ['example.org', 'https://evilexample.org/', false],
  ['example.org', 'https://example.org:8443/', false],
  ['example.org:8443', 'https://example.org:8443/', true],
  ['example.org:8443', 'https://example.org/', false],
  ['*.example.org', 'https://a.b.example.org/', true],
  ['*.example.org', 'https://example.org/', false],
  ['*.example.org', 'https://evilexample.org/', false],
  ['bücher.example', 'https://xn--bcher-kva.example/', true],
  ['*', 'https://anything.example/', true],
  ['*', 'https://anything.example:22/', false],
  ['10.0.0.1', 'http://0xa000001/', true],
])('%s and %s: %s', (pattern, url, allowed) => {
  expect(createHostAllowList([pattern])(new URL(url))).toBe(allowed);
});

it('allows nothing when it is empty', () => {
  expect(createHostAllowList([])(new URL('https://example.org'))).toBe(false);
});

it.each(['https://example.org', 'example.org/path', 'user@example.org', '*example.org', 'a b', '**', '', 'x:99999'])(
  '%j is no host',
  (pattern) => {
    expect(faultOfHostPattern(pattern)).toContain('is not a valid host');
    expect(() => createHostAllowList([pattern])).toThrow('is not a valid host');
  },
);
