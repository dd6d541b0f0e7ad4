/** Characters that keys here cannot contain: those that JSON must escape, and DEL. */
const PLAIN = String.raw`"\\\x00-\x1F\x7F`;

/**
 * GBNF for keys that are not in `names`: not empty, and without escapes, so that no key has two spellings.
 *
 * source: the same idea as `_not_strings` of llama.cpp's `common/json-schema-to-grammar.cpp`
 */
export function otherKeys(names: readonly string[]): string {
  return after('', names, false);
}

/** The rest of a key after a beginning that it shares with some names. */
function after(beginning: string, names: readonly string[], mayEnd: boolean): string {
  const longer = names.filter((name) => name.startsWith(beginning) && name !== beginning);
  const next = [...new Set(longer.map((name) => firstCharacter(name.slice(beginning.length))))].filter(isPlain);
  const branches = next.map((character) => {
    const further = beginning + character;
    return `[${inClass(character)}] (${after(further, names, !names.includes(further))})`;
  });
  const others = `[^${PLAIN}${next.map(inClass).join('')}] [^${PLAIN}]*`;
  return [...branches, others, ...(mayEnd ? ['""'] : [])].join(' | ');
}

/** Names with other characters cannot be spelled without escapes, so they need no branch. */
function isPlain(character: string): boolean {
  // eslint-disable-next-line no-control-regex
  return !/["\\\u0000-\u001F\u007F]/u.test(character) && character.isWellFormed();
}

function firstCharacter(text: string): string {
  return String.fromCodePoint(text.codePointAt(0) ?? 0);
}

function inClass(character: string): string {
  return /[\]\\^-]/u.test(character) ? `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}` : character;
}
