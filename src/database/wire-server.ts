import { chmodSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { ExclusiveTurn } from './exclusive-turn.js';
import { WireMessages } from './wire-messages.js';
import type { WireInput } from './wire-messages.js';

/** A PostgreSQL of one session, as PGlite is. */
export interface SingleSession {
  /** Answers messages of PostgreSQL's protocol. A rejection means that nothing is known of its state any more. */
  execute(messages: Uint8Array, onOutput: (bytes: Uint8Array) => void): Promise<void>;
  /** Whether a transaction is open, or has failed and waits for its rollback. */
  isInTransaction(): boolean;
}

export interface WireServerOptions {
  readonly session: SingleSession;
  /** A socket, or on Windows a pipe. Whoever may open it may do everything. */
  readonly path: string;
  readonly onNotice: (line: string) => void;
  /** The session cannot go on. */
  readonly onFatal: (error: unknown) => void;
  /** A client that leaves a transaction open for so long is dropped, since all others wait for it. Default: 60 seconds. */
  readonly idleTransactionMs?: number;
}

export interface WireServer {
  /** Runs `action` while no client is being answered and no transaction is open. */
  exclusively<Result>(action: () => Promise<Result>): Promise<Result>;
  /** Ends all connections; transactions that are open are rolled back. */
  close(): Promise<void>;
}

/**
 * Serves one session to many clients: each has it to itself from the beginning of a batch of messages, or of a transaction, to its
 * end. What belongs to a session is common to all: settings, prepared statements with a name, locks that outlive a transaction.
 *
 * @throws Error when the path cannot be listened at. A socket that is there already is replaced: the caller knows that nobody serves it.
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
/** Sync, so that a failed batch is over, then a simple query. */
const ROLLBACK = Buffer.from('S\0\0\0\x04Q\0\0\0\x0DROLLBACK\0', 'latin1');

class Connection {
  /** Resolves when nothing of it is left. */
  readonly ended: Promise<void>;
  private readonly messages = new WireMessages();
  /** Ends this connection's turn; undefined while it is not its turn. */
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
      // The client is not read further than it is answered, however fast it sends.
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
    // It may have left while it waited: what nobody waits for is not begun.
    if (!this.socket.destroyed) {
      await this.execute(bytes, (output) => {
        // The view is of memory that is used again.
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
      // The turn is not given on: whatever comes now must not reach a broken session.
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
