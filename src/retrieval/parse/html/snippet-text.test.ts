import { expect, it } from 'vitest';
import { snippetText } from './snippet-text.js';

it.each([
  ['entities by name', 'caf&eacute; &ldquo;na&iuml;ve&rdquo; &rarr; &le; &hearts; &amp;', 'café “naïve” → ≤ ♥ &'],
  ['entities by number', '&#20013;&#25991; &#8364;5', '中文 €5'],
  ['entities in hex', '&#x4E2D;&#X6587; &#x1F600;', '中文 😀'],
  ['numbers that stand for Windows’ characters', '&#150; &#x92;', '– ’'],
  ['entities that do not end', 'caf&eacute &copy 2024 AT&T &ampx', 'café © 2024 AT&T &x'],
  ['entities that nobody knows', '&unknown; &#xD800; R&D;', '&unknown; \u{fffd} R&D;'],
  ['marked words', 'how to <strong>brew</strong><em>ing</em> tea', 'how to brewing tea'],
  ['blocks within blocks', '<div>one<div>two<p>three</div>four</div>', 'one two three four'],
  ['what is escaped', 'the &lt;title&gt; element, 1 &lt; 2', 'the <title> element, 1 < 2'],
  ['signs that begin nothing', '3 < 4 and <3', '3 < 4 and <3'],
  ['names of elements', 'the <title> element, then <script> and on', 'the element, then <script> and on'],
])('reads %s', (_kind, html, expected) => {
  expect(snippetText(html)).toBe(expected);
});

it.each([['<script>'], ['<!--'], ['<p title="'], ['<'], ['<style><'], ['&#'], ['<a <'], ['&am']])(
  'takes time in proportion to %s',
  (piece) => {
    const started = performance.now();
    snippetText(piece.repeat(300_000 / piece.length));
    expect(performance.now() - started).toBeLessThan(4000);
  },
);
