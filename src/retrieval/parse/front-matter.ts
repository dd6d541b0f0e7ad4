import { isMap, parseDocument, type Document } from 'yaml';
import type { Span } from '../../domain/words/sentences.js';

/** Longer than this it is none: two rules with a text between. */
const LONGEST_FRONT_MATTER = 20_000;

/** A line of several words that is neither indented nor a key, an item, a comment or the end of a list. */
const PROSE = /^(?!["']?[\w.-]+["']?\s*[:=])[^\s#\-\]}][^\n]*\s\S/mu;

interface FrontMatter extends Span {
  /** Missing where it names none. */
  readonly title?: string;
}

/** What stands before a text for programs, in YAML or TOML, the empty lines behind it included; undefined where there is none. */
export function frontMatterOf(text: string): FrontMatter | undefined {
  const begins = /^\n*(---|\+\+\+)[ \t]*\n/u.exec(text);
  if (begins === null) return undefined;
  const isYaml = begins[1] === '---';
  const head = text.slice(0, begins[0].length + LONGEST_FRONT_MATTER);
  const rule = isYaml ? /\n(?:---|\.\.\.)[ \t]*(?:\n+|$)/gu : /\n\+\+\+[ \t]*(?:\n+|$)/gu;
  // The end of the first rule's line may be the beginning of the second one's.
  rule.lastIndex = begins[0].length - 1;
  const end = rule.exec(head);
  if (end === null) return undefined;
  const body = head.slice(begins[0].length, Math.max(begins[0].length, end.index + 1));
  // A rule, a text and a rule: front matter has keys.
  if (!/^[\w-]+\s*[:=]/mu.test(body)) return undefined;
  const yaml = isYaml ? parseDocument(body, { logLevel: 'silent', prettyErrors: false }) : undefined;
  // Broken front matter is left out as well, but no prose that has a colon somewhere: it would be lost.
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

/** Of TOML, and of what is nearly YAML. */
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
