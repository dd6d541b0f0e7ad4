import { isMap, parseDocument, type Document } from 'yaml';
import type { Span } from '../../domain/words/sentences.js';

/** A longer text between two rules is not front matter. */
const LONGEST_FRONT_MATTER = 20_000;

/** A line of several words that is not indented and is not a key, a list item, a comment or the end of a list. */
const PROSE = /^(?!["']?[\w.-]+["']?\s*[:=])[^\s#\-\]}][^\n]*\s\S/mu;

interface FrontMatter extends Span {
  /** Missing if the front matter has no title. */
  readonly title?: string;
}

/** Front matter in YAML or TOML, including the empty lines after it; undefined if there is none. */
export function frontMatterOf(text: string): FrontMatter | undefined {
  const begins = /^\n*(---|\+\+\+)[ \t]*\n/u.exec(text);
  if (begins === null) return undefined;
  const isYaml = begins[1] === '---';
  const head = text.slice(0, begins[0].length + LONGEST_FRONT_MATTER);
  const rule = isYaml ? /\n(?:---|\.\.\.)[ \t]*(?:\n+|$)/gu : /\n\+\+\+[ \t]*(?:\n+|$)/gu;
  // The line break after the first rule may also be the one before the second rule.
  rule.lastIndex = begins[0].length - 1;
  const end = rule.exec(head);
  if (end === null) return undefined;
  const body = head.slice(begins[0].length, Math.max(begins[0].length, end.index + 1));
  // Front matter has keys; without any, this is a text between two rules.
  if (!/^[\w-]+\s*[:=]/mu.test(body)) return undefined;
  const yaml = isYaml ? parseDocument(body, { logLevel: 'silent', prettyErrors: false }) : undefined;
  // Broken front matter is left out as well, but prose with a colon somewhere is not, because it would be lost.
  if (yaml !== undefined && yaml.errors.length > 0 && PROSE.test(body)) return undefined;
  const title = (yaml === undefined ? undefined : yamlTitle(yaml)) ?? plainTitle(body);
  return {
    start: 0,
    end: end.index + end[0].length,
    ...(title !== undefined && title !== '' && { title: title.replace(/\s+/gu, ' ').trim() }),
  };
}

function yamlTitle(document: Document.Parsed): string | undefined {
  if (!isMap(document.contents)) return undefined;
  const title: unknown = document.get('title');
  return typeof title === 'string' || typeof title === 'number' ? String(title) : undefined;
}

/** The title in TOML, or in something close to YAML. */
function plainTitle(body: string): string | undefined {
  const found =
    /^title\s*[:=]\s*(?:"""(?<long>.*?)"""|'''(?<raw>.*?)'''|(?<quoted>"(?:[^"\\\n]|\\.)*")|'(?<single>[^'\n]*)'|(?<bare>[^\n]*))/msu.exec(
      body,
    );
  const { long, raw, quoted, single, bare } = found?.groups ?? {};
  if (quoted === undefined) return (long ?? raw ?? single ?? bare)?.trim();
  try {
    return String(JSON.parse(quoted));
  } catch {
    return quoted.slice(1, -1);
  }
}
