import type { Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';

/** Room for the longest answer that a `TokenLog` holds, each character escaped. */
const MAX_LINE_LENGTH = 8 * 1_048_576;

/** A socket that carries one JSON object per line. Errors of the connection appear as its end; no method throws. */
export class LineSocket {
  /** Resolves when the connection has ended, for any reason. */
  readonly closed: Promise<void>;
  private readonly waitingWriters: (() => void)[] = [];
  private readonly decoder = new StringDecoder('utf8');
  private partial: string[] = [];
  private partialLength = 0;
  private skipping = false;

  /**
   * @param onLine called for each whole line, without its end.
   * @param onOverlong called when a line exceeds the limit; the line is skipped.
   */
  constructor(
    private readonly socket: Socket,
    private readonly onLine: (line: string) => void,
    private readonly onOverlong: () => void,
  ) {
    socket.on('data', (chunk) => this.receive(this.decoder.write(chunk)));
    socket.on('drain', () => this.releaseWriters());
    socket.on('error', () => socket.destroy());
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.releaseWriters();
        resolve();
      });
    });
  }

  /** Resolves when more may be sent, or the connection has ended. */
  async send(message: object): Promise<void> {
    if (this.socket.destroyed || this.socket.writableEnded) return;
    if (this.socket.write(`${JSON.stringify(message)}\n`)) return;
    await new Promise<void>((resolve) => {
      this.waitingWriters.push(resolve);
    });
  }

  /** Sends pending data, then ends the connection. */
  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  private releaseWriters(): void {
    for (const release of this.waitingWriters.splice(0)) release();
  }

  private receive(text: string): void {
    let begin = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', begin)) {
      this.keep(text.slice(begin, end));
      if (!this.skipping) this.onLine(this.partial.join(''));
      this.dropPartial();
      this.skipping = false;
      begin = end + 1;
    }
    this.keep(text.slice(begin));
  }

  private keep(text: string): void {
    if (this.skipping) return;
    this.partial.push(text);
    this.partialLength += text.length;
    if (this.partialLength <= MAX_LINE_LENGTH) return;
    this.skipping = true;
    this.dropPartial();
    this.onOverlong();
  }

  private dropPartial(): void {
    this.partial = [];
    this.partialLength = 0;
  }
}
