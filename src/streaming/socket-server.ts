import { chmodSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { LineSocket } from './line-socket.js';
import { createSocketFolder } from '../local-socket.js';
import { hubRequest, parseLine, type HubReply, type HubRequest } from './socket-protocol.js';
import type { TokenLog } from './token-log.js';

/** The hub of the token stream while it serves other processes. */
export interface TokenStreamServer {
  readonly path: string;
  /** Ends all connections and removes the socket. */
  close(): Promise<void>;
}

/**
 * Serves the log to the other processes of this user on this machine: they may publish and subscribe. A client that reads
 * slowly, or not at all, delays nobody. The socket that a killed hub left behind is replaced.
 *
 * @param options.onNotice told once per connection that sends what the hub does not understand.
 * @throws Error when another hub serves this path, or the path cannot be used.
 */
export async function serveTokenStream(
  log: TokenLog,
  path: string,
  options: { readonly onNotice?: (message: string) => void } = {},
): Promise<TokenStreamServer> {
  const connections = new Set<LineSocket>();
  const server = createServer((socket) => {
    const connection = acceptConnection(log, socket, options.onNotice ?? (() => {}));
    connections.add(connection);
    void connection.closed.then(() => connections.delete(connection));
  });
  createSocketFolder(path);
  await listenOrReplaceStale(server, path);
  if (process.platform !== 'win32') chmodSync(path, 0o600);
  return {
    path,
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const connection of connections) connection.destroy();
      await closed;
    },
  };
}

function acceptConnection(log: TokenLog, socket: Socket, onNotice: (message: string) => void): LineSocket {
  const subscriptions = new Map<number, AbortController>();
  let noticed = false;
  const notice = (what: string): void => {
    if (!noticed) onNotice(`A client of the token stream sent ${what}; ignored, as is all of that kind from it.`);
    noticed = true;
  };

  const handle = (request: HubRequest): void => {
    switch (request.type) {
      case 'publish':
        log.publish(request.sessionId, request.event);
        break;
      case 'subscribe': {
        subscriptions.get(request.subscription)?.abort();
        const controller = new AbortController();
        subscriptions.set(request.subscription, controller);
        void forward(request, controller.signal);
        break;
      }
      case 'unsubscribe':
        subscriptions.get(request.subscription)?.abort();
        subscriptions.delete(request.subscription);
        break;
    }
  };
  const forward = async (
    { subscription, sessionId, messageId, fromOffset }: Extract<HubRequest, { type: 'subscribe' }>,
    signal: AbortSignal,
  ): Promise<void> => {
    for await (const event of log.subscribe(sessionId, { signal, messageId, fromOffset })) {
      await connection.send({ type: 'event', subscription, event } satisfies HubReply);
    }
  };

  const connection = new LineSocket(
    socket,
    (line) => {
      const request = parseLine(hubRequest, line);
      if (request === undefined) notice('a line that is not a request');
      else handle(request);
    },
    () => notice('a line that is too long'),
  );
  const endWithConnection = async (): Promise<void> => {
    await connection.closed;
    for (const controller of subscriptions.values()) controller.abort();
  };
  void endWithConnection();
  return connection;
}

async function listenOrReplaceStale(server: Server, path: string): Promise<void> {
  try {
    await listen(server, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    if (process.platform === 'win32' || (await isServed(path))) {
      throw new Error(`Another process serves the token stream at ${path}. Stop it, or set another COLLOQUY_HOME.`, {
        cause: error,
      });
    }
    rmSync(path, { force: true });
    await listen(server, path);
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
