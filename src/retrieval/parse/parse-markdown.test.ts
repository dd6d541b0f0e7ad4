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
