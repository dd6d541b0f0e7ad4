/** Says of a URL whether its host may be asked. */
export type HostAllowList = (url: URL) => boolean;

interface HostPattern {
  /** Undefined: any. */
  readonly host?: string;
  /** Whether `host` stands for the hosts below it, itself not included. */
  readonly below: boolean;
  readonly port?: string;
}

/**
 * The hosts that a list of patterns allows: `example.org`, `*.example.org` (hosts below it, not itself), `example.org:8443`, `*` (any).
 * Without a port, the usual ones of http and https only.
 *
 * @throws {TypeError} for a pattern that is none; `faultOfHostPattern` says why before.
 */
export function createHostAllowList(patterns: readonly string[]): HostAllowList {
  const parsed = patterns.map((pattern) => {
    const result = parseHostPattern(pattern);
    if (result === undefined) throw new TypeError(faultOfHostPattern(pattern));
    return result;
  });
  return (url) => {
    const host = url.hostname.replace(/\.$/u, '');
    return parsed.some(
      (pattern) =>
        url.port === (pattern.port ?? '') &&
        (pattern.host === undefined || (pattern.below ? host.endsWith(`.${pattern.host}`) : host === pattern.host)),
    );
  };
}

/** @returns why a pattern is none, in one line, or undefined when it is one. */
export function faultOfHostPattern(pattern: string): string | undefined {
  if (parseHostPattern(pattern) !== undefined) return undefined;
  return `"${pattern}" is not a valid host: write example.org, *.example.org, example.org:8443, or * for any`;
}

function parseHostPattern(pattern: string): HostPattern | undefined {
  if (pattern === '*') return { below: false };
  const below = pattern.startsWith('*.');
  const name = below ? pattern.slice(2) : pattern;
  if (!/^(?:\[[\da-f:.]+\]|[^\s/?#@:*[\]\\]+)(?::\d{1,5})?$/iu.test(name)) return undefined;
  try {
    // As the URLs to be compared are: lower case, punycode, addresses in their one notation.
    const { hostname, port } = new URL(`http://${name}`);
    return { host: hostname.replace(/\.$/u, ''), below, port };
  } catch {
    return undefined;
  }
}
