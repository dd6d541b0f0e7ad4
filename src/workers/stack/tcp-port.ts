import { connect, createServer } from 'node:net';

/** Whether something accepts connections at this address within the timeout. */
export function acceptsConnections(host: string, port: number, timeoutMs = 1_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.setTimeout(timeoutMs, () => finish(false));
    socket.on('connect', () => finish(true));
    socket.on('error', () => finish(false));
  });
}

/** The first of `count` ports, starting at `port`, that is free to listen on; `undefined` if none is. */
export async function firstFreePort(ip: string, port: number, count = 100): Promise<number | undefined> {
  for (let candidate = port; candidate < port + count && candidate <= 65_535; candidate++) {
    if (await canListen(ip, candidate)) return candidate;
  }
  return undefined;
}

function canListen(ip: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, ip, () => server.close(() => resolve(true)));
  });
}

/** `host:port` with the host in brackets when it is an IPv6 address. */
export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The reverse of `formatAddress`. The default port is Temporal's own, 7233. */
export function parseAddress(address: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(`tcp://${address}`);
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? 7233 : Number(port) };
}
