import type { FileFault } from './file-fault.js';
import { parseYaml, type YamlSource } from './yaml-source.js';

export interface FrontMatter {
  readonly source: YamlSource;
  /** The text after the front matter, without surrounding empty lines. */
  readonly body: string;
  /** Line number of the first line after the front matter. */
  readonly bodyLine: number;
}

/** Splits a Markdown file into its YAML, between two lines of `---`, and its body. */
export function parseFrontMatter(file: string, text: string): FrontMatter | { readonly faults: readonly FileFault[] } {
  const lines = text.replace(/^\u{feff}/u, '').split('\n');
  if (lines[0]?.trimEnd() !== '---') {
    return { faults: [{ file, line: 1, message: 'The first line must be "---": the front matter begins there.' }] };
  }
  const end = lines.findIndex((line, index) => index > 0 && line.trimEnd() === '---');
  if (end < 0) {
    return {
      faults: [{ file, line: lines.length, message: 'The front matter does not end: a second line "---" is missing.' }],
    };
  }
  const source = parseYaml(file, lines.slice(1, end).join('\n'), 2);
  if ('faults' in source) return source;
  return {
    source,
    body: lines
      .slice(end + 1)
      .join('\n')
      .trim(),
    bodyLine: end + 1,
  };
}
