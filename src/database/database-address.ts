/** A PostgreSQL server, or the socket where a process of this machine serves the embedded database. */
export type DatabaseAddress = { readonly url: string } | { readonly socketPath: string };

/** For messages: never with user or password. */
export function describeAddress(address: DatabaseAddress): string {
  if (!('url' in address)) return address.socketPath;
  try {
    const { host, pathname, searchParams } = new URL(address.url);
    return (host || searchParams.get('host') || 'localhost') + pathname;
  } catch {
    return 'DATABASE_URL';
  }
}
