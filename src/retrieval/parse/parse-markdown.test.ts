import { describe, expect, it } from 'vitest';
import { parseMarkdown } from './parse-markdown.js';

const headings = (source: string) => parseMarkdown(source).headings.map(({ level, text }) => `${level} ${text}`);

describe('parseMarkdown', () => {
  it('finds headings of both kinds, at their offsets', () => {
    const {
      text,
      headings: found,
      title,
    } = parseMarkdown('Title\n=====\n\ntext\n\nPart\n---\n\n### `code` and **more** [link](a.md) ###\n\n数据\n');
    expect(found.map(({ level, text: words }) => ({ level, words }))).toEqual([
      { level: 1, words: 'Title' },
      { level: 2, words: 'Part' },
      { level: 3, words: 'code and more link' },
    ]);
    expect(found.map(({ offset }) => text.slice(offset, offset + 4))).toEqual(['Titl', 'Part', '### ']);
    expect(title).toBe('Title');
  });

  it('takes no heading from code, lists, quotes, tables and rules', () => {
    expect(
      headings(
        '```sh\n# no\n```\n\n~~~~\n# no\n~~~\n# no\n~~~~\n\n    # no\n\n- item\n---\n\n> quote\n---\n\n#hashtag\n\n| a |\n---\n',
      ),
    ).toEqual([]);
    expect(headings('```\n# no\n')).toEqual([]);
    expect(headings('text ``` in it\n\n# Yes')).toEqual(['1 Yes']);
  });

  it('leaves front matter out, and takes its title', () => {
    expect(parseMarkdown('---\ntitle: "My page"\ntags: [a]\n---\n\n# Other\n')).toMatchObject({
      title: 'My page',
      text: '# Other\n',
    });
    expect(parseMarkdown('+++\ntitle = "Toml"\n+++\ntext')).toMatchObject({ title: 'Toml', text: 'text' });
    expect(parseMarkdown('---\n\nA text.\n\n---\n\nmore').text).toContain('A text.');
  });

  it.each([
    ['---\ntitle: >\n  A folded\n  title\nlayout: post\n---\nBody.', 'A folded title'],
    ['---\ntitle: |\n  Of two\n  lines\n---\nBody.', 'Of two lines'],
    ['---\ntitle: "The \\"big\\" pump" # comment\nlayout: post\n---\nBody.', 'The "big" pump'],
    ["---\ntitle: 'The pump''s place'\n---\nBody.", "The pump's place"],
    ['---\ntitle: Plain # comment\n---\nBody.', 'Plain'],
    ['---\ntitle: 2026\n---\nBody.', '2026'],
    ['---\ntitle: broken: yes: [\n---\nBody.', 'broken: yes: ['],
    ['+++\ntitle = "A \\"TOML\\" title" # comment\n+++\nBody.', 'A "TOML" title'],
    ['---\r\ntitle: "CR LF"\r\n---\r\n\r\nBody.', 'CR LF'],
  ])('reads the title of front matter as its language says: %j', (source, title) => {
    expect(parseMarkdown(source)).toMatchObject({ title, text: 'Body.' });
  });

  it.each([
    '---\nNote: the pump is old.\n\nIt weighs 88 kg.\n\n---\n\nMore.\n',
    '---\n\n**Kiel** lies north.\nFee: 12 €\n\n---\n',
    '---\nAda: What is a pump?\nBob says nothing and reads.\n---\nEnd.\n',
  ])('takes no prose between two rules for front matter: %j', (source) => {
    expect(parseMarkdown(source).text).toBe(source);
  });

  it.each([
    ['<!--\n# No\n-->\n\n# Yes\n', ['1 Yes']],
    ['# Yes\n\n<!-- a\n\n## No\n\nb --> rest\n\n## Also\n', ['1 Yes', '2 Also']],
    ['  <!-- one line -->\n# Yes\n<!--\nNo\n==\n-->', ['1 Yes']],
    ['<div>\n# no\n\n# Yes\n</div>', ['1 Yes']],
    ['<pre>\n\n# no\n</pre>\n\n# Yes', ['1 Yes']],
    ['1. ```sh\n   # no\n   ```\n\n# Yes', ['1 Yes']],
    ['<h1 align="center">The <b>name</b></h1>\n\n## Part', ['1 The name', '2 Part']],
    ['<!-- never closed\n\n# Yes', ['1 Yes']],
  ])('takes no heading from a comment, or from other HTML: %j', (source, expected) => {
    expect(headings(source)).toEqual(expected);
  });

  it('leaves comments out, but not those in code, and not what nothing closes', () => {
    expect(parseMarkdown('a\n\n<!-- note\nmore -->b\n\nc').text).toBe('a\n\nb\n\nc');
    for (const text of ['```\n<!-- note -->\n```', 'a `<!-- b -->` c', '<!-- open\n\nmuch text']) {
      expect(parseMarkdown(text).text).toBe(text);
    }
  });

  it.each([
    ['a picture', (data: string) => `![photo](data:image/png;base64,${data})`],
    ['a reference', (data: string) => `[logo]: data:image/svg+xml;charset=utf-8;base64,${data}`],
    ['HTML', (data: string) => `<img alt="x" src="data:image/webp;base64,${data}">`],
    ['a font', (data: string) => `\`\`\`css\nsrc: url("data:font/woff2;base64,${data}")\n\`\`\``],
  ])('leaves the content of a file out that is written into it as %s', (_, write) => {
    const { text } = parseMarkdown(`Before.\n\n${write('iVBORw0KGgo+/='.repeat(20_000))}\n\nAfter 88 kg.`);
    expect(text).toBe(`Before.\n\n${write('').replace('base64,', 'base64')}\n\nAfter 88 kg.`);
  });

  it('joins Chinese and Japanese lines of a paragraph, and no others', () => {
    expect(parseMarkdown('# 手册\n检查数\n据库，执行备\n份。若磁盘空\r\n间不足').text).toBe(
      '# 手册\n检查数据库，执行备份。若磁盘空间不足',
    );
    expect(parseMarkdown('データベ\n  ースを確認').text).toBe('データベースを確認');
    for (const text of [
      '数据\n\n库',
      '数据  \n库',
      '- 数据\n- 库',
      '```\n数据\n库\n```',
      '名 | 值\n甲 | 乙',
      'a\nb',
      '数据\nDB',
    ]) {
      expect(parseMarkdown(text).text).toBe(text);
    }
  });

  it('leaves out what stands invisible in the middle of words', () => {
    expect(parseMarkdown('Daten\u00adbank, in\u200bstant, word\u2060joined').text).toBe(
      'Datenbank, instant, wordjoined',
    );
  });

  it('reads line ends and composed characters of any system', () => {
    expect(parseMarkdown('# A\r\n\r\ncafe\u0301\r\u0000').text).toBe('# A\n\ncaf\u00e9\n');
  });

  it.each([
    ['brackets', '# ' + '['.repeat(100_000)],
    ['stars', '# ' + '*a'.repeat(50_000)],
    ['lines', 'a\n'.repeat(500_000) + '---'],
    ['headings', '# a\n'.repeat(300_000)],
    ['front matter', '---\n' + 'a: b\n'.repeat(300_000)],
  ])('takes time in proportion to %s', (_, source) => {
    const started = performance.now();
    expect(parseMarkdown(source).text.length).toBeGreaterThan(0);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
