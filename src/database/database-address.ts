/** A PostgreSQL server, or the socket on which a process of this machine serves the embedded database. */
export type DatabaseAddress = { readonly url: string } | { readonly socketPath: string };

/** Describes the address for messages, without user and password. */
export function describeAddress(address: DatabaseAddress): string {
  if (!('url' in address)) return address.socketPath;
  try {
    const { host, pathname, searchParams } = new URL(address.url);
    return (host || searchParams.get('host') || 'localhost') + pathname;
  } catch {
    return 'DATABASE_URL';
  }
}
