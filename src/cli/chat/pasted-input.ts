import { PassThrough } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** Asks the terminal to mark what is pasted. source: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html#h2-Bracketed-Paste-Mode */
export const MARK_PASTES = '\u001b[?2004h';
export const STOP_MARKING_PASTES = '\u001b[?2004l';

const PASTE_BEGINS = '\u001b[200~';
const PASTE_ENDS = '\u001b[201~';

/** Time for which a line break, or the first part of a mark, waits for more of the same paste. */
const BURST_MS = 25;
/** Longer input without the end mark of a paste is passed on, so that a missing mark does not block the input. */
const MAX_PASTE_LENGTH = 4 * 1024 * 1024;

export interface PastedInputOptions {
  /** Called with each paste of several lines, which end with `\n`, after everything that was typed before it. */
  readonly onPaste: (text: string) => void;
  /** Default: `BURST_MS`. */
  readonly burstMs?: number;
}

/**
 * Passes on what is typed at a terminal. Pastes of several lines go to `onPaste` as a whole instead. Many terminals mark a paste; without marks, a
 * line break that is followed by more input within `BURST_MS`, which is faster than anybody types, counts as part of a paste.
 */
export class PastedInput extends PassThrough {
  /** For `node:readline`, which puts the terminal in raw mode. */
  readonly isTTY = true;
  private readonly decoder = new StringDecoder('utf8');
  /** Undecided input: the beginning of a mark, or a burst that ended with a line break. */
  private held = '';
  private paste: string | undefined;
  private timer: NodeJS.Timeout | undefined;
  private delivering: Promise<void> = Promise.resolve();
  private readonly onData = (chunk: Buffer | string): void =>
    this.receive(typeof chunk === 'string' ? chunk : this.decoder.write(chunk));
  private readonly onEnd = (): void => {
    this.settle();
    void this.delivering.then(() => this.end());
  };

  constructor(
    private readonly tty: NodeJS.ReadStream,
    private readonly options: PastedInputOptions,
  ) {
    super();
    tty.on('data', this.onData);
    tty.once('end', this.onEnd);
    tty.resume();
  }

  setRawMode(isRaw: boolean): this {
    if (typeof this.tty.setRawMode === 'function') this.tty.setRawMode(isRaw);
    return this;
  }

  /** Releases the terminal. */
  release(): void {
    clearTimeout(this.timer);
    this.tty.off('data', this.onData);
    this.tty.off('end', this.onEnd);
    this.tty.pause();
  }

  private receive(chunk: string): void {
    clearTimeout(this.timer);
    let rest = this.held + chunk;
    this.held = '';
    while (rest !== '') {
      if (this.paste !== undefined) rest = this.takePasted(rest);
      else rest = this.takeTyped(rest);
    }
    if (this.held !== '') this.timer = setTimeout(() => this.settle(), this.options.burstMs ?? BURST_MS);
  }

  private takePasted(text: string): string {
    const whole = (this.paste ?? '') + text;
    const end = whole.indexOf(PASTE_ENDS);
    if (end < 0 && whole.length < MAX_PASTE_LENGTH) {
      this.paste = whole;
      return '';
    }
    this.paste = undefined;
    this.deliverPaste(end < 0 ? whole : whole.slice(0, end));
    return end < 0 ? '' : whole.slice(end + PASTE_ENDS.length);
  }

  private takeTyped(text: string): string {
    const begin = text.indexOf(PASTE_BEGINS);
    if (begin >= 0) {
      if (begin > 0) this.deliverTyped(text.slice(0, begin));
      this.paste = '';
      return text.slice(begin + PASTE_BEGINS.length);
    }
    const undecided = undecidedEnd(text);
    this.held = undecided === 0 ? '' : text.slice(-undecided);
    // A burst that contains a line break is held as a whole, because its last line may be incomplete.
    if (undecided > 0 && isBurst(text)) this.held = text;
    else this.deliverTyped(text.slice(0, text.length - undecided));
    return '';
  }

  /** Nothing followed in time, so the held input is taken as it is. */
  private settle(): void {
    const { held } = this;
    this.held = '';
    if (held !== '') this.deliverTyped(held);
  }

  /** Handles input that was typed, or pasted in a terminal without marks, where more input follows a line break. */
  private deliverTyped(text: string): void {
    if (text === '') return;
    const lines = /^([^\r\n]*(?:\r\n|\r|\n)[\s\S]*[^\r\n])((?:\r\n|\r|\n)*)$/u.exec(text);
    // Ctrl-C and the like are keys, not text.
    if (lines === null || hasKeys(text)) return this.later(() => void this.write(text));
    const [, body = '', ending = ''] = lines;
    this.deliverPaste(body);
    if (ending !== '') this.later(() => void this.write('\r'));
  }

  private deliverPaste(text: string): void {
    const lines = text
      .replace(/\r\n?/gu, '\n')
      // eslint-disable-next-line no-control-regex
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/gu, '')
      .replace(/\n+$/u, '');
    if (lines !== '') this.later(() => this.options.onPaste(lines));
  }

  /** Runs one after the other: text written to the stream is read a little later, and a paste must not overtake it. */
  private later(deliver: () => void): void {
    const before = this.delivering;
    this.delivering = (async () => {
      await before;
      deliver();
      await new Promise((resolve) => setImmediate(resolve));
    })();
  }
}

/** Number of final characters that may be incomplete: the beginning of a mark, or a line break that arrived with its line. */
function undecidedEnd(text: string): number {
  for (let length = Math.min(PASTE_BEGINS.length - 1, text.length); length > 0; length--) {
    if (PASTE_BEGINS.startsWith(text.slice(-length))) return length;
  }
  const [end] = /(?:\r\n|\r|\n)+$/u.exec(text) ?? [''];
  return end !== '' && text.length > end.length ? text.length : 0;
}

function isBurst(text: string): boolean {
  return /[\r\n]/u.test(text) && !hasKeys(text);
}

/** Control characters that do not occur in text: Ctrl-C, Ctrl-D, the arrow keys and so on. */
function hasKeys(text: string): boolean {
  // eslint-disable-next-line no-control-regex
  return /[\u0000-\u0007\u000e-\u001f\u007f]/u.test(text);
}
