import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => `docs/${name}`),
].filter((name) => name.endsWith('.md'));
const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });

/** The anchors that GitHub makes from the headings of a page. */
function anchorsOf(markdown: string): string[] {
  return markdown
    .split('\n')
    .filter((line) => /^#{1,6} /u.test(line))
    .map((line) =>
      line
        .replace(/^#+ /u, '')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(/\s/gu, '-'),
    );
}

/** Whether a path that a page gives as code exists: relative to the root, to `src/`, or to any folder below `src/`. */
function isThere(path: string): boolean {
  if (existsSync(join(root, path)) || existsSync(join(root, 'src', path))) return true;
  if (path.endsWith('/')) return sources.some((source) => `/${source}/`.endsWith(`/${path}`));
  const isBare = basename(path) === path;
  return sources.some((source) => (isBare ? basename(source) === path : source.endsWith(`/${path}`)));
}

describe.each(pages)('%s', (page) => {
  const whole = readFileSync(join(root, page), 'utf8');
  const text = whole.replaceAll(/^```[\s\S]*?^```/gmu, '');

  it('has links that lead to files, and to headings in them', () => {
    const targets = [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/gu)].map((match) => match[1] ?? '');
    const broken = targets.filter((target) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? join(root, page) : join(root, dirname(page), path);
      if (!existsSync(file)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(file, 'utf8')).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('names files and folders of the code that are there', () => {
    const named = [...text.matchAll(/`([a-z][\w-]*(?:\/[\w.-]+)*(?:\.(?:ts|mjs|sh)|\/))`/gu)].map(
      (match) => match[1] ?? '',
    );
    expect(named.filter((path) => !isThere(path))).toEqual([]);
  });
});
