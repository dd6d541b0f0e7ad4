import { describe, expect, it } from 'vitest';
import { parseHtml } from './parse-html.js';

describe('parseHtml', () => {
  it('keeps what readers read: headings, items, rows and code on lines of their own', () => {
    const { text, headings, title } = parseHtml(`<!doctype html><html><head><title>A &amp; B</title><style>p{}</style>
      <script>if (a < b) document.write("<p>no</p>")</script></head><body>
      <nav><ul><li><a href="/">Home</a></li></ul></nav>
      <h1>First   <em>heading</em></h1><p>One <b>bold</b> word,<br>and caf&eacute;.<script>x</script> On.</p>
      <ul><li>one</li><li><p>two</p></li></ul>
      <table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td><p>2</p></td></tr></table>
      <h2>第二</h2><pre><code>if (x) {
    y();
}</code></pre><div hidden>hidden</div><div role="navigation">links</div>
      <footer>Imprint</footer></body></html>`);
    expect(title).toBe('A & B');
    expect(text).toBe(
      'First heading\n\nOne bold word,\nand café. On.\n\n- one\n- two\n\na | b\n1 | 2\n\n第二\n\n```\nif (x) {\n    y();\n}\n```',
    );
    expect(headings).toEqual([
      { level: 1, text: 'First heading', offset: 0 },
      { level: 2, text: '第二', offset: text.indexOf('第二') },
    ]);
  });

  it('prefers the main part where there is one that deserves the name', () => {
    const main = parseHtml(
      '<div>Cookies!</div><main><h1>Title</h1><p>The text of this page.</p></main><div>More</div>',
    );
    expect(main.text).toBe('Title\n\nThe text of this page.');
    const teaser = parseHtml(`<article>Teaser</article><p>${'All the text is here. '.repeat(10)}</p>`);
    expect(teaser.text).toContain('All the text');
  });

  it('gives the links of a page that has nothing else', () => {
    expect(parseHtml('<nav><a>One</a> <a>Two</a></nav>').text).toBe('One Two');
  });

  it('reads pages that close nothing', () => {
    expect(parseHtml('<p>one<p>two<li>three<li>four<td>five').text).toBe('one\n\ntwo\n- three\n- four | five');
  });

  it.each([
    ['elements within each other', '<div>'.repeat(400_000) + 'deep'],
    ['elements that are never opened', '<b>'.repeat(200_000) + '</i>'.repeat(200_000) + 'deep'],
    ['navigation within navigation', 'deep' + '<nav>'.repeat(300_000)],
    ['comments that do not end', 'deep' + '<!--'.repeat(300_000)],
    ['tags that do not end', 'deep' + '<a '.repeat(300_000)],
    ['entities that do not end', 'deep' + '&am'.repeat(300_000)],
    ['scripts that do not end', 'deep' + '<script>'.repeat(200_000)],
    ['attributes without end', `deep<div ${'a=b '.repeat(300_000)}>`],
  ])('takes time in proportion to %s', (_, html) => {
    const started = performance.now();
    expect(parseHtml(html).text).toContain('deep');
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
