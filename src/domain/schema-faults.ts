/** Wording of the faults that schemas find. */

/** Forbidden characters in a string, as the end of a sentence; undefined if there are none. */
export function faultOfCharacters(value: string): string | undefined {
  if (!value.isWellFormed()) return 'is not valid Unicode: it holds half of a surrogate pair. Send it as UTF-8.';
  if (value.includes('\0')) return 'holds a NUL character. Send text, not binary data.';
  return undefined;
}

export function named(path: string): string {
  return path === '' ? 'The request' : `"${path}"`;
}

/** Appends a key to a path. Keys come from outside too, so it replaces control characters and cuts long keys. */
export function join(path: string, key: string): string {
  const shown = key.length <= 60 ? key.toWellFormed().replace(/\p{Cc}/gu, '�') : `${key.slice(0, 59).toWellFormed()}…`;
  return path === '' ? shown : `${path}.${shown}`;
}

export function not(value: unknown): string {
  if (value === undefined) return ', but it is missing';
  if (Array.isArray(value)) return ', not a list';
  if (typeof value === 'object' && value !== null) return ', not an object';
  // Escapes halves of surrogate pairs and control characters. Only the beginning of a long text is shown, because its end does not help.
  if (typeof value === 'string') return `, not ${JSON.stringify(value.slice(0, 60))}`;
  return `, not ${typeof value === 'number' || typeof value === 'boolean' || value === null ? value : `a ${typeof value}`}`;
}

export function format(value: number): string {
  return value.toLocaleString('en');
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
