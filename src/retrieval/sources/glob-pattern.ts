/** A glob pattern over paths with `/` as separator. */
export interface GlobPattern {
  /** The folder that contains all matches: the segments before the first wildcard. */
  readonly base: string;
  /** Whether a path matches. It must be absolute if the pattern is. */
  readonly matches: (path: string) => boolean;
  /** Whether hidden files can match, because a segment of the pattern begins with a dot. */
  readonly wantsHidden: boolean;
}

/** `*` and `?` within a segment, `**` for any number of segments, `[abc]`, `[!abc]`, `{md,txt}`. A `\` escapes the next character. */
export function isGlob(source: string): boolean {
  return /[*?[\]{}]/u.test(source);
}

export function parseGlob(pattern: string): GlobPattern {
  const parts = pattern.split('/');
  const wild = parts.findIndex((part) => isGlob(part));
  const fixed = wild === -1 ? parts.slice(0, -1) : parts.slice(0, wild);
  const expression = new RegExp(`^${toExpression(pattern)}$`, 'u');
  return {
    base: fixed.join('/') || (pattern.startsWith('/') ? '/' : '.'),
    matches: (path) => expression.test(path),
    wantsHidden: parts.slice(fixed.length).some((part) => /^\.[^./]/u.test(part)),
  };
}

function toExpression(pattern: string): string {
  let expression = '';
  let alternatives = 0;
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern.charAt(index);
    const set = /^\[([!^]?)([^\]/]+)\]/u.exec(pattern.slice(index));
    if (pattern.startsWith('**/', index) && (index === 0 || pattern[index - 1] === '/')) {
      expression += '(?:[^/]+/)*';
      index += 2;
    } else if (character === '*') {
      // As the last segment, `**` matches everything below; within a segment, it is the same as one star.
      const isAll = /(?:^|\/)\*\*$/u.test(pattern.slice(0, index + 2)) && index + 2 === pattern.length;
      while (pattern[index + 1] === '*') index++;
      expression += isAll ? '.*' : '[^/]*';
    } else if (character === '?') expression += '[^/]';
    else if (set !== null) {
      expression += `[${set[1] === '' ? '' : '^'}${(set[2] ?? '').replace(/[\\[\]^]/gu, String.raw`\$&`)}]`;
      index += set[0].length - 1;
    } else if (character === '{' && pattern.includes('}', index)) {
      expression += '(?:';
      alternatives++;
    } else if (character === '}' && alternatives > 0) {
      expression += ')';
      alternatives--;
    } else if (character === ',' && alternatives > 0) expression += '|';
    else if (character === '\\' && index + 1 < pattern.length) expression += quoted(pattern.charAt(++index));
    else expression += quoted(character);
  }
  return expression + ')'.repeat(alternatives);
}

function quoted(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/gu, String.raw`\$&`);
}
