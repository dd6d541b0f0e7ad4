/** The rules of a site's robots.txt for one crawler. */
export interface RobotsRules {
  /** @param path including the query, as in the URL */
  allows(path: string): boolean;
}

interface Rule {
  readonly isAllowed: boolean;
  readonly pattern: string;
}

/** Rules for a site without robots.txt. */
export const ALLOW_ALL: RobotsRules = { allows: () => true };
/** Rules for a site whose robots.txt could not be read. */
export const ALLOW_NONE: RobotsRules = { allows: (path) => path === '/robots.txt' };

/**
 * Parses a robots.txt for the crawler with this name. Groups that name it are combined; if there are none, the groups for `*` apply. The
 * longest matching pattern decides; of two equally long ones, the one that allows.
 *
 * source: RFC 9309, 2.2
 *
 * @param product e.g. `colloquy`, case-insensitive
 */
export function parseRobots(text: string, product: string): RobotsRules {
  const own: Rule[] = [];
  const others: Rule[] = [];
  let isNamed = false;
  /** The groups that the following rules belong to. */
  let group: readonly Rule[][] = [];
  let isInRules = false;
  for (const line of text.replace(/^\ufeff/u, '').split(/\r\n|\r|\n/u)) {
    const [, key = '', value = ''] = /^\s*([a-z-]+)\s*:\s*(.*?)\s*$/iu.exec(line.replace(/#.*$/u, '')) ?? [];
    switch (key.toLowerCase()) {
      case 'user-agent': {
        if (isInRules) group = [];
        isInRules = false;
        const isOwn = /^[a-z_-]+/iu.exec(value)?.[0].toLowerCase() === product.toLowerCase();
        isNamed ||= isOwn;
        if (isOwn) group = [...group, own];
        else if (value.startsWith('*')) group = [...group, others];
        break;
      }
      case 'allow':
      case 'disallow':
        isInRules = true;
        // An empty pattern has no effect.
        if (value === '') break;
        for (const rules of group) {
          rules.push({ isAllowed: key.toLowerCase() === 'allow', pattern: normalised(value) });
        }
        break;
      default:
        // Other records, e.g. sitemaps, neither end nor begin a group.
        break;
    }
  }
  return rulesOf(isNamed ? own : others);
}

function rulesOf(rules: readonly Rule[]): RobotsRules {
  const byLength = rules.toSorted(
    (a, b) => b.pattern.length - a.pattern.length || Number(b.isAllowed) - Number(a.isAllowed),
  );
  return {
    allows(path) {
      if (path === '/robots.txt') return true;
      const asked = normalised(path);
      return byLength.find(({ pattern }) => matches(pattern, asked))?.isAllowed ?? true;
    },
  };
}

/** Matches a pattern in time proportional at most to the product of both lengths. */
function matches(pattern: string, path: string): boolean {
  const isAnchored = pattern.endsWith('$');
  const [first = '', ...rest] = (isAnchored ? pattern.slice(0, -1) : pattern).split('*');
  if (!path.startsWith(first)) return false;
  let position = first.length;
  const last = isAnchored ? rest.pop() : undefined;
  for (const part of rest) {
    const at = path.indexOf(part, position);
    if (at === -1) return false;
    position = at + part.length;
  }
  if (!isAnchored) return true;
  if (last === undefined) return position === path.length;
  return path.length - last.length >= position && path.endsWith(last);
}

/** A canonical form of the same octets: only what needs an escape is escaped, in capital letters. */
function normalised(path: string): string {
  return path
    .toWellFormed()
    .replace(/[^\0-\u007f]+/gu, encodeURIComponent)
    .replace(/%([\da-f]{2})/giu, (escape, hex: string) => {
      const character = String.fromCodePoint(Number.parseInt(hex, 16));
      return /[\w.~-]/u.test(character) ? character : escape.toUpperCase();
    });
}
