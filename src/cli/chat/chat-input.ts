import { createInterface } from 'node:readline/promises';
import type { Terminal } from '../terminal.js';
import type { InputHistory } from './input-history.js';
import { MARK_PASTES, PastedInput, STOP_MARKING_PASTES } from './pasted-input.js';

/** Input from the user at the terminal. */
export interface ChatInput {
  /** Reads one message, of one or more lines. @returns undefined if the user leaves: end of input, Ctrl-C */
  readMessage(prompt: string, signal: AbortSignal): Promise<string | undefined>;
  /** Reads one line that is not a message. @throws if the signal aborts */
  ask(question: string, signal: AbortSignal): Promise<string>;
  /** Stops reading from the terminal. */
  close(): void;
}

export interface ChatInputOptions {
  readonly terminal: Terminal;
  readonly history?: InputHistory;
  /** Ctrl-C was pressed. */
  readonly onInterrupt: () => void;
  /** The input is over. */
  readonly onEnd: () => void;
}

/** Represents a line break while a message of several lines is edited on one line. */
const LINE_MARK = '␤';
const FENCE = '"""';

/** Reads from a terminal, with editing keys and a history. Text that is typed before it is asked for becomes the next message. */
export function openChatInput({ terminal, history, onInterrupt, onEnd }: ChatInputOptions): ChatInput {
  const input = new PastedInput(terminal.input, {
    onPaste: (text) => prompt.write(text.replaceAll('\n', LINE_MARK)),
  });
  // The array of the readline interface that the arrow keys walk through, newest first.
  let walked = history?.entries.map((entry) => entry.replaceAll('\n', LINE_MARK)) ?? [];
  const prompt = createInterface({
    input,
    output: terminal.out,
    history: walked,
    historySize: 500,
    removeHistoryDuplicates: true,
  });
  prompt.on('history', (entries: string[]) => (walked = entries));
  prompt.on('SIGINT', onInterrupt);
  prompt.on('close', onEnd);
  const typedAhead: string[] = [];
  prompt.on('line', (line) => typedAhead.push(line));
  const marksPastes = terminal.out.isTTY === true;
  const unmark = (): void => void terminal.out.write(STOP_MARKING_PASTES);
  if (marksPastes) {
    terminal.out.write(MARK_PASTES);
    process.once('exit', unmark);
  }

  const asked = async (question: string, signal: AbortSignal): Promise<string> => {
    terminal.typing(() => prompt.prompt(true));
    try {
      return await prompt.question(question, { signal });
    } finally {
      terminal.typing(undefined);
    }
  };
  const readLine = async (question: string, signal: AbortSignal): Promise<string> =>
    typedAhead.shift() ?? (await asked(question, signal));

  return {
    async readMessage(question, signal) {
      const lines: string[] = [];
      const before = [...walked];
      try {
        do lines.push(await readLine(lines.length === 0 ? question : '...> ', signal));
        while (goesOn(lines));
      } catch {
        return undefined;
      }
      const message = messageOf(lines);
      if (message.trim() === '') return message;
      // Adds one entry, not one for each line.
      if (lines.length > 1) walked.splice(0, walked.length, message.replaceAll('\n', LINE_MARK), ...before);
      history?.add(message);
      return message;
    },
    async ask(question, signal) {
      const before = [...walked];
      const reply = await asked(question, signal);
      walked.splice(0, walked.length, ...before);
      return reply;
    },
    close() {
      prompt.close();
      input.release();
      if (marksPastes) {
        process.off('exit', unmark);
        unmark();
      }
    },
  };
}

/** Whether the message has another line: after `\`, or until the closing `"""`. */
export function goesOn(lines: readonly string[]): boolean {
  const [first = ''] = lines;
  const last = lines.at(-1) ?? '';
  if (!first.trimStart().startsWith(FENCE)) return last.endsWith('\\');
  const isOneLine = lines.length === 1;
  return !(isOneLine ? first.trim().slice(FENCE.length) : last).trimEnd().endsWith(FENCE);
}

/** Joins the lines of a complete message. */
export function messageOf(lines: readonly string[]): string {
  const [first = ''] = lines;
  const text = first.trimStart().startsWith(FENCE)
    ? lines
        .join('\n')
        .trim()
        .slice(FENCE.length, -FENCE.length)
        .replace(/^\n|\n$/gu, '')
    : lines.map((line, index) => (index < lines.length - 1 ? line.slice(0, -1) : line)).join('\n');
  return text.replaceAll(LINE_MARK, '\n');
}
