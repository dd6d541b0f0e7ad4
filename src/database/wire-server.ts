import { chmodSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { ExclusiveTurn } from './exclusive-turn.js';
import { WireMessages } from './wire-messages.js';
import type { WireInput } from './wire-messages.js';

/** A PostgreSQL with a single session, such as PGlite. */
export interface SingleSession {
  /** Answers messages of PostgreSQL's protocol. After a rejection, the state of the session is unknown. */
  execute(messages: Uint8Array, onOutput: (bytes: Uint8Array) => void): Promise<void>;
  /** Whether a transaction is open, or has failed and awaits its rollback. */
  isInTransaction(): boolean;
}

export interface WireServerOptions {
  readonly session: SingleSession;
  /** A socket, or a pipe on Windows. Any process that can open it has full access. */
  readonly path: string;
  readonly onNotice: (line: string) => void;
  /** Called when the session cannot continue. */
  readonly onFatal: (error: unknown) => void;
  /** A client that leaves a transaction open for this long is disconnected, because all others wait for it. Default: 60 seconds. */
  readonly idleTransactionMs?: number;
}

export interface WireServer {
  /** Runs `action` while no client is being answered and no transaction is open. */
  exclusively<Result>(action: () => Promise<Result>): Promise<Result>;
  /** Ends all connections, and rolls back open transactions. */
  close(): Promise<void>;
}

/**
 * Serves one session to many clients: each client has exclusive use of it for the duration of a batch of messages or a transaction. The
 * state of the session is common to all clients: settings, named prepared statements, and locks that outlive a transaction.
 *
 * @throws Error if it cannot listen at the path. It replaces an existing socket: the caller must know that no process serves it.
 */
export async function serveWire(options: WireServerOptions): Promise<WireServer> {
  const { path } = options;
  const turns = new ExclusiveTurn();
  const connections = new Set<Connection>();
  const server = createServer((socket) => {
    const connection = new Connection(socket, turns, options);
    connections.add(connection);
    void connection.ended.then(() => connections.delete(connection));
  });
  if (process.platform !== 'win32') rmSync(path, { force: true });
  await listen(server, path);
  if (process.platform !== 'win32') chmodSync(path, 0o600);
  return {
    async exclusively(action) {
      const end = await turns.take();
      try {
        return await action();
      } finally {
        end();
      }
    },
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const connection of connections) connection.destroy();
      await Promise.all([...connections].map(({ ended }) => ended));
      await closed;
    },
  };
}

const NO_ENCRYPTION = Buffer.from('N');
/** A Sync, which ends a failed batch, followed by a simple query. */
const ROLLBACK = Buffer.from('S\0\0\0\x04Q\0\0\0\x0DROLLBACK\0', 'latin1');

class Connection {
  /** Resolves when the connection is closed and cleaned up. */
  readonly ended: Promise<void>;
  private readonly messages = new WireMessages();
  /** Ends this connection's turn; undefined if it does not have the turn. */
  private endTurn: (() => void) | undefined;
  private working: Promise<void> = Promise.resolve();
  private idleTimer: NodeJS.Timeout | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly turns: ExclusiveTurn,
    private readonly options: WireServerOptions,
  ) {
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      this.messages.push(chunk);
      // Stops reading until the pending messages are answered, however fast the client sends.
      socket.pause();
      this.working = this.work();
    });
    this.ended = new Promise((resolve) => {
      socket.on('close', () => resolve(this.cleanUp()));
    });
  }

  destroy(): void {
    this.socket.destroy();
  }

  private async work(): Promise<void> {
    try {
      for (let input = this.messages.next(); input !== undefined; input = this.messages.next()) {
        await this.answer(input);
        if (this.socket.destroyed) return;
      }
      this.socket.resume();
    } catch (error) {
      this.options.onNotice(`A client of the database sent what is not its protocol (${String(error)}); dropped.`);
      this.socket.destroy();
    }
  }

  private async answer(input: WireInput): Promise<void> {
    switch (input.type) {
      case 'encryption-request':
        this.socket.write(NO_ENCRYPTION);
        break;
      case 'cancel-request':
      case 'terminate':
        this.socket.end();
        this.socket.destroy();
        break;
      case 'startup':
        await this.run(input.bytes, false);
        break;
      case 'batch':
        await this.run(input.bytes, input.isOpen);
        break;
    }
  }

  private async run(bytes: Buffer, isOpen: boolean): Promise<void> {
    clearTimeout(this.idleTimer);
    this.endTurn ??= await this.turns.take();
    // The client may have left while waiting; then nothing needs to run.
    if (!this.socket.destroyed) {
      await this.execute(bytes, (output) => {
        // Copied, because the database reuses the memory behind this view.
        if (this.socket.writable) this.socket.write(Buffer.from(output));
      });
    }
    if (isOpen || this.options.session.isInTransaction()) this.limitIdling();
    else this.giveUpTurn();
  }

  private limitIdling(): void {
    const { idleTransactionMs = 60_000, onNotice } = this.options;
    this.idleTimer = setTimeout(() => {
      onNotice(`A client of the database left a transaction open for ${idleTransactionMs / 1_000} s; dropped.`);
      this.socket.destroy();
    }, idleTransactionMs);
  }

  private giveUpTurn(): void {
    this.endTurn?.();
    this.endTurn = undefined;
  }

  private async execute(bytes: Uint8Array, onOutput: (bytes: Uint8Array) => void): Promise<void> {
    try {
      await this.options.session.execute(bytes, onOutput);
    } catch (error) {
      this.options.onFatal(error);
      // Keeps the turn forever, because no other message may reach a broken session.
      await new Promise(() => {});
    }
  }

  private async cleanUp(): Promise<void> {
    await this.working;
    clearTimeout(this.idleTimer);
    if (this.endTurn === undefined) return;
    await this.execute(ROLLBACK, () => {});
    this.giveUpTurn();
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
