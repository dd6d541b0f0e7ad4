import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';
import { createServer, type Server } from 'node:http';
import { ListenError } from './listen-error.js';
import { refuseOtherHosts } from './loopback.js';

export interface ServeAppOptions {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Stops the server: it accepts no new requests and answers the open ones. */
  readonly signal: AbortSignal;
  /** Time limit for open requests at the end. Default: two minutes. */
  readonly graceMs?: number;
  readonly onReady: (address: { readonly url: string; readonly port: number }) => void;
}

/** Time within which a request must be complete; an answer may take longer. */
const REQUEST_TIMEOUT_MS = 30_000;
const HEADERS_TIMEOUT_MS = 10_000;
const DEFAULT_GRACE_MS = 120_000;

/** Serves the app, on loopback for requests to this machine's own names only, until the signal aborts and the last request is answered. @throws {ListenError} */
export async function serveApp(app: Hono, options: ServeAppOptions): Promise<void> {
  const { host, port, signal, graceMs = DEFAULT_GRACE_MS, onReady } = options;
  const timeouts = { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: HEADERS_TIMEOUT_MS };
  const listener = getRequestListener((request) => refuseOtherHosts(host, request) ?? app.fetch(request));
  const server = createServer(timeouts, (request, response) => void listener(request, response));
  await listen(server, host, port);
  const address = server.address();
  const boundPort = typeof address === 'object' && address !== null ? address.port : port;
  onReady({ url: `http://${host.includes(':') ? `[${host}]` : host}:${boundPort}`, port: boundPort });
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  await close(server, graceMs);
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const reason =
      code === 'EADDRINUSE'
        ? 'another program listens there. Choose another with --port, or end it.'
        : code === 'EACCES'
          ? 'this user may not. Choose a port above 1023 with --port.'
          : `${error instanceof Error ? error.message : String(error)}.`;
    throw new ListenError(`Cannot listen on ${host}, port ${port}: ${reason}`, { cause: error });
  }
}

async function close(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  // A connection that is kept alive becomes idle when its answer has been sent.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const limit = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearInterval(idle);
  clearTimeout(limit);
}
