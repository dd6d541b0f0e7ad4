import { describe, expect, it } from 'vitest';
import { parseHtml } from '../parse-html.js';

const PROSE =
  'The pump in the north hall weighs 88 kilograms and needs oil once a month, never more than two litres of it.';
const textOf = (body: string): string => parseHtml(`<!DOCTYPE html><html><body>${body}</body></html>`).text;
const LINKS =
  '<ul><li><a href="/a">Home</a></li><li><a href="/b">Products</a></li><li><a href="/c">About us</a></li></ul>';

describe('text in elements that often hold furniture', () => {
  it.each([
    ['a page within a form', `<form action="x"><h1>Bins</h1><p>${PROSE}</p></form>`],
    ['a form without headings', `<form><div><p>${PROSE}</p><input name="q"></div></form>`],
    ['a footnote in an aside', `<p>Few words.</p><aside role="doc-footnote"><p>${PROSE}</p></aside>`],
    ['a short warning in an aside', `<p>Text.</p><aside class="warning"><p>${PROSE.slice(0, 40)}</p></aside>`],
    ['a footer with what is told nowhere else', `<p>Text.</p><footer><p>${PROSE}</p></footer>`],
    ['navigation that was left open', `<nav>${LINKS}<h1>Pumps</h1><p>${PROSE}</p>`],
    ['navigation that was left open, without a heading', `<nav>${LINKS}<p>${PROSE}</p>`],
    ['a banner', `<header role="banner"><p>${PROSE}</p></header><p>Text.</p>`],
    [
      'what stands beside an article',
      `<article><h2>News</h2><p>${PROSE.toUpperCase()}</p></article><div><p>${PROSE}</p></div>`,
    ],
    [
      'what stands beside the main part',
      `<main><p>${PROSE.toUpperCase()} And more.</p></main><div><p>${PROSE}</p></div>`,
    ],
    ['a dialog that is open', `<p>Text.</p><dialog open><p>${PROSE}</p></dialog>`],
    ['a text field', `<p>Text.</p><textarea>${PROSE}</textarea>`],
    ['a menu', `<menu><li>${PROSE}</li></menu>`],
  ])('keeps %s', (_, body) => {
    expect(textOf(body)).toContain(PROSE.slice(0, 40));
  });

  it.each([
    ['navigation', `<nav>${LINKS}</nav>`],
    ['lists of links in navigation that was left open', `<nav>${LINKS}<h1>Title</h1>`],
    ['a sidebar', `<aside>${LINKS}</aside>`],
    ['a menu by role', `<div role="navigation">${LINKS}</div>`],
    ['a menu by class', `<div class="main-nav">${LINKS}</div>`],
    ['a menu by id', `<div id="sidebar">${LINKS}</div>`],
    ['a search box', '<form role="search"><label>Products</label><input><button>Home</button></form>'],
    ['an imprint', '<footer>© 2026 Products Ltd. All rights reserved. Made at Home with much care by us all.</footer>'],
    ['a short footer', '<footer>Products at Home</footer>'],
    ['a button', '<button>Products</button> <button>Home</button>'],
    ['a link past the menu', '<a href="#c">Skip to Products</a>'],
  ])('leaves out %s', (_, furniture) => {
    const text = textOf(`${furniture}<p>${PROSE}</p>`);
    expect(text).toContain(PROSE);
    expect(text).not.toMatch(/Products|Home/u);
  });

  it.each([
    ['<h2><button aria-expanded="false">Can I get a refund?</button></h2>', 'Can I get a refund?'],
    ['<h3><a href="#x"><button type="button">Refunds</button></a></h3>', 'Refunds'],
    ['<h4><span><svg><text>no</text></svg>Refunds</span><a class="headerlink" href="#r">¶</a></h4>', 'Refunds'],
    ['<h2><select><option>no</select><div>Two</div><div>lines</div></h2>', 'Two lines'],
  ])('keeps what is in a heading: %s', (heading, text) => {
    expect(parseHtml(`${heading}<p>${PROSE}</p>`).headings.map((found) => found.text)).toEqual([text]);
  });

  it.each(['<button aria-controls="p1">Refund policy</button>', '<button class="q">Can I get one?</button>'])(
    'keeps the button that opens a text: %s',
    (button) => {
      expect(textOf(`${button}<div id="p1" hidden>${PROSE}</div>`)).toMatch(/Refund policy|Can I get one/u);
    },
  );

  it('keeps who said what is quoted', () => {
    expect(textOf('<blockquote><p>Less is more.</p><footer>Ludwig Example</footer></blockquote>')).toContain('Ludwig');
  });

  it('does not take the rest of the page for a heading that was left open', () => {
    const { headings, text } = parseHtml(`<h2>Pumps <p>${`${PROSE} `.repeat(20)}</p>`);
    expect(headings).toEqual([]);
    expect(text.length).toBeGreaterThan(PROSE.length * 20);
  });
});

describe('hidden text', () => {
  it.each([
    '<p hidden>SECRET</p>',
    '<p hidden="hidden">SECRET</p>',
    '<span HIDDEN>SECRET</span>',
    '<div style="display:none">SECRET</div>',
    '<div style="color: red; DISPLAY : none !important">SECRET</div>',
    '<p style="visibility:hidden">SECRET</p>',
    '<span aria-hidden="true">SECRET</span>',
    '<dialog>SECRET</dialog>',
    '<template><p>SECRET</p></template>',
    '<div hidden><p>SECRET<div>SECRET</div></p></div>',
    '<noscript>SECRET</noscript>',
  ])('is left out: %s', (hidden) => {
    expect(textOf(`${hidden}<p>${PROSE}</p>`)).toBe(PROSE);
  });

  it.each([
    ['what a tab opens', `<div role="tabpanel" hidden>${PROSE}</div>`],
    ['what a button opens', `<button aria-controls="b">A</button><div id="b" style="display:none">${PROSE}</div>`],
    ['what is found in the page', `<div hidden="until-found">${PROSE}</div>`],
    ['a page behind a message', `<div aria-hidden="true"><p>${PROSE}</p></div><p>Cookies?</p>`],
    ['what is displayed', `<div style="display:none-such;background:url(display:none)">${PROSE}</div>`],
  ])('does not count as such: %s', (_, body) => {
    expect(textOf(`<p>Words.</p>${body}`)).toContain(PROSE);
  });

  it('does not count as such where scripts show the body', () => {
    expect(parseHtml(`<html><body style="display: none"><p>${PROSE}</p></body></html>`).text).toBe(PROSE);
  });
});

describe('words', () => {
  it.each([
    ['<ruby>東<rt>とう</rt>京<rt>きょう</rt></ruby>の駅', '東京の駅'],
    ['<ruby>図<rp>(</rp><rt>と</rt><rp>)</rp>書<rp>(</rp><rt>しょ</rt><rp>)</rp></ruby>館', '図書館'],
    ['<ruby><rb>漢<rb>字<rt>かん<rt>じ</ruby>です', '漢字です'],
    ['数据\n  库备<b>份</b>\r\n策略。\n第二', '数据库备份策略。第二'],
    ['これは<em>日本</em>\n<b>語</b>の', 'これは日本語の'],
    ['한국어\n문장 and\nEnglish 中文\nEnglish', '한국어 문장 and English 中文 English'],
    ['Do&shy;nau&#173;dampf data&#x200B;base long<wbr>word no⁠break', 'Donaudampf database longword nobreak'],
    ['one<br>two', 'one\ntwo'],
  ])('are whole: %s', (body, text) => {
    expect(textOf(`<p>${body}</p>`)).toBe(text);
  });

  it('are not those of an inline file', () => {
    const file = `data:image/png;base64,${'iVBORw0KGgo'.repeat(100)}`;
    expect(textOf(`<p>Before <img src="${file}"> ${file} after</p><pre>${file}</pre>`)).toBe(
      'Before data:image/png;base64,… after\n\n```\ndata:image/png;base64,…\n```',
    );
  });

  it('of code stand in lines of their own', () => {
    expect(textOf('<pre><div>a = 1</div><div>b = 2</div></pre>')).toBe('```\na = 1\nb = 2\n```');
  });
});

describe('formulas', () => {
  it.each([
    ['<math><semantics><mi>x</mi><annotation encoding="application/x-tex">x^2</annotation></semantics></math>', 'x^2'],
    ['<math alttext="{\\displaystyle E=mc^{2}}"><mi>E</mi></math>', 'E=mc^{2}'],
    ['<math><mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup></math>', 'E = m c^2'],
    ['<math><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><msqrt><mi>c</mi></msqrt></mfrac></math>', '(a + b)/√c'],
    ['<math><msubsup><mo>∑</mo><mn>0</mn><mi>n</mi></msubsup><mi>k</mi></math>', '∑_0^n k'],
  ])('are told: %s', (math, text) => {
    expect(textOf(`<p>Here ${math} stands.</p>`)).toBe(`Here ${text} stands.`);
    // As KaTeX and Wikipedia have them.
    const hidden = `<span style="display: none;">${math}</span><span aria-hidden="true">no</span>`;
    expect(textOf(`<p>Here ${hidden} stands.</p>`)).toBe(`Here ${text} stands.`);
  });
});

describe('elements that close themselves', () => {
  it.each([
    ['XHTML', '<?xml version="1.0"?><html><head><script src="x.js"/></head>'],
    ['XHTML by its namespace', '<html xmlns="http://www.w3.org/1999/xhtml"><head><style/><title/></head>'],
    ['HTML that nothing closes', '<html><head><script src="x.js" /></head>'],
    ['a frame', '<html><iframe src="x"/>'],
    ['HTML that is closed as well', '<html><head><script src="x.js" /></script></head>'],
  ])('do not hide the page: %s', (_, head) => {
    expect(parseHtml(`${head}<body><h1>Valves</h1><p>${PROSE}</p></body></html>`).text).toBe(`Valves\n\n${PROSE}`);
  });
});

describe('tables', () => {
  it('for the layout of a page are told block by block', () => {
    const cell = `<h1>Title</h1><p>${PROSE}</p><p>Second.</p>`;
    expect(textOf(`<table><tr><td>Left</td><td>${cell}</td></tr></table>`)).toBe(
      `Left\n\nTitle\n\n${PROSE}\n\nSecond.`,
    );
  });
});
