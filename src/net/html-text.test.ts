import { expect, it } from 'vitest';
import { htmlText } from './html-text.js';

it('keeps what readers see, a line for each block', () => {
  const page = `<!DOCTYPE html><html><head><title>Caf&eacute; &amp; more</title><style>p { color: red }</style>
    <script>if (1 < 2) document.write("<p>no</p>")</script></head>
    <body><!-- <p>hidden</p> --><h1>Title</h1><p>One
    <b>sentence</b>, in&nbsp;two lines.</p><ul><li>a<li>b</ul><table><tr><td>1</td><td>2</td></tr></table>
    <img alt="x > y" src=z>1 &lt; 2 &#x4E2D;&#25991; &#xD800; &unknown; 3 < 4<br>end<pre>a
  b</pre></body></html>`;
  expect(htmlText(page)).toBe(
    [
      'Caf&eacute; & more',
      'Title',
      'One sentence, in two lines.',
      'a',
      'b',
      '1 2',
      '1 < 2 中文 \u{fffd} &unknown; 3 < 4',
      'end',
      'a',
      'b',
    ].join('\n'),
  );
});

it.each([['<script>'], ['<!--'], ['<p title="'], ['<'], ['<style><'], ['&#'], ['<a <']])(
  'takes no longer for a page of nothing but %s',
  (piece) => {
    const started = performance.now();
    htmlText(piece.repeat(1_000_000 / piece.length));
    expect(performance.now() - started).toBeLessThan(4000);
  },
);

it('finds the end of a script whatever the case', () => {
  expect(htmlText('İİ<SCRIPT>x</Script >after')).toBe('İİafter');
});
