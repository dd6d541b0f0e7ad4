import { isMap, parseDocument } from 'yaml';
import type { Span } from '../../domain/sentences.js';

/** Longer than this it is none: two rules with a text between. */
const LONGEST_FRONT_MATTER = 20_000;

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
  const title = (isYaml ? yamlTitle(body) : undefined) ?? plainTitle(body);
  return {
    start: 0,
    end: end.index + end[0].length,
    ...(title !== undefined && title !== '' && { title: title.replace(/\s+/gu, ' ').trim() }),
  };
}

function yamlTitle(body: string): string | undefined {
  const document = parseDocument(body, { logLevel: 'silent', prettyErrors: false });
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
