/** Whether the host of a URL may be requested. */
export type HostAllowList = (url: URL) => boolean;

interface HostPattern {
  /** Undefined: any host. */
  readonly host?: string;
  /** Whether the pattern matches the subdomains of `host` instead of `host` itself. */
  readonly below: boolean;
  readonly port?: string;
}

/**
 * Allows the hosts that match a list of patterns: `example.org`, `*.example.org` (subdomains only), `example.org:8443`, `*` (any). A
 * pattern without a port only allows the default ports of http and https.
 *
 * @throws {TypeError} for an invalid pattern; call `faultOfHostPattern` first to get the reason.
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

/** @returns why a pattern is invalid, in one line, or undefined if it is valid. */
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
    // Normalised like the URLs that it is compared with: lower case, punycode, addresses in their canonical notation.
    const { hostname, port } = new URL(`http://${name}`);
    return { host: hostname.replace(/\.$/u, ''), below, port };
  } catch {
    return undefined;
  }
}
