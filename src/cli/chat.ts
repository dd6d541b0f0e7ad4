import { createInterface } from 'node:readline/promises';
import type { ColloquyClient } from '../client/colloquy-client.js';
import { ColloquyError } from '../client/colloquy-error.js';
import type { AskOptions, SessionHandle } from '../client/session-handle.js';
import type { SendMessageResult } from '../client/index.js';
import { readLines } from './input-lines.js';
import { formatTranscript } from './format-transcript.js';
import { printable } from './terminal.js';
import type { Terminal } from './terminal.js';

export interface ChatOptions {
  readonly client: ColloquyClient;
  readonly session: SessionHandle;
  readonly modelId: string;
  readonly terminal: Terminal;
  /** Link of this session in the Temporal UI, when there is one. */
  readonly uiLink?: string;
  /** Aborts when the program is asked to stop. */
  readonly signal: AbortSignal;
}

const HELP = `A line is a message; end it with \\ to go on with the next line.
  /help         this
  /transcript   who said what so far
  /ui           link of this session in the Temporal UI
  /end          end the session and leave
  /quit         leave; the session stays, go on with --session ID
Ctrl-C stops an answer that is being written; at the prompt it leaves.`;

/** How long nothing may happen before the user is told what is being waited for. */
const SILENCE_MS = 5_000;

/** A conversation in the terminal. @returns the exit code: 1 when a piped line was not answered. */
export async function runChat(options: ChatOptions): Promise<number> {
  return options.terminal.input.isTTY ? chatByHand(options) : chatByPipe(options);
}

async function chatByHand(options: ChatOptions): Promise<number> {
  const { session, terminal, uiLink, signal } = options;
  const prompt = createInterface({ input: terminal.input, output: terminal.out });
  let stopTurn: AbortController | undefined;
  const leave = new AbortController();
  signal.addEventListener('abort', () => leave.abort(), { once: true });
  prompt.on('SIGINT', () => (stopTurn ?? leave).abort());
  prompt.on('close', () => leave.abort());

  terminal.note(HELP.split('\n').at(-1) ?? '');
  try {
    while (!leave.signal.aborted) {
      const text = await readMessage(prompt, leave.signal);
      if (text === undefined) break;
      switch (text.trim()) {
        case '':
          continue;
        case '/quit':
        case '/exit':
          return 0;
        case '/help':
          terminal.print(HELP);
          continue;
        case '/ui':
          terminal.print(uiLink ?? 'The UI of this Temporal server is not known.');
          continue;
        case '/transcript':
          terminal.print(printable(formatTranscript(await session.transcript())));
          continue;
        case '/end':
          await session.end();
          terminal.note(`Session ${session.sessionId} has ended.`);
          return 0;
        default:
      }
      if (/^\/\w+$/u.test(text.trim())) {
        terminal.note(`There is no command ${text.trim()}. /help lists them.`);
        continue;
      }
      stopTurn = new AbortController();
      try {
        await showAnswer(options, AbortSignal.any([stopTurn.signal, leave.signal]), (ask) => session.send(text, ask));
      } catch (error) {
        if (!(error instanceof ColloquyError)) throw error;
        terminal.note(`✗ ${error.message}`);
        if (error.type === 'SessionClosed') return 1;
      } finally {
        stopTurn = undefined;
      }
    }
    return 0;
  } finally {
    prompt.close();
  }
}

async function chatByPipe(options: ChatOptions): Promise<number> {
  const { input } = options.terminal;
  // Whoever stops the program may leave its input open: the next line would be waited for.
  const stopReading = (): void => void input.destroy();
  options.signal.addEventListener('abort', stopReading, { once: true });
  try {
    return await answerLines(options);
  } catch (error) {
    // What reading a destroyed stream throws among it.
    if (options.signal.aborted) return 130;
    throw error;
  } finally {
    options.signal.removeEventListener('abort', stopReading);
  }
}

async function answerLines(options: ChatOptions): Promise<number> {
  const { session, terminal, signal } = options;
  let exitCode = 0;
  for await (const line of readLines(terminal.input)) {
    if (signal.aborted) return 130;
    if ('fault' in line) {
      terminal.note(`Line ${line.number} was not sent: ${line.fault}.`);
      exitCode = 1;
      continue;
    }
    if (line.text.trim() === '') continue;
    try {
      await showAnswer(options, signal, (ask) => session.send(line.text, ask));
    } catch (error) {
      if (!(error instanceof ColloquyError)) throw error;
      terminal.note(`Line ${line.number} was not answered: ${error.message}`);
      exitCode = 1;
      if (error.type === 'SessionClosed' || error.type === 'SessionNotFound') return exitCode;
    }
  }
  return exitCode;
}

/** Asks for an answer and writes it as it comes. */
export async function showAnswer(
  { client, modelId, terminal }: Pick<ChatOptions, 'client' | 'modelId' | 'terminal'>,
  signal: AbortSignal,
  ask: (options: AskOptions) => Promise<SendMessageResult>,
): Promise<SendMessageResult> {
  let heard = false;
  const silence = setTimeout(() => {
    if (!heard) void tellWhatIsMissing(client, modelId, terminal);
  }, SILENCE_MS);
  try {
    const result = await ask({
      signal,
      onText: (news) => {
        heard = true;
        terminal.write(terminal.out.isTTY === true ? printable(news) : news);
      },
      onUnreachable: () => terminal.note('The Temporal server does not answer just now; trying again…'),
    });
    terminal.write('\n');
    if (result.finishReason !== 'stop') terminal.note(FINISH_NOTES[result.finishReason]);
    return result;
  } finally {
    clearTimeout(silence);
  }
}

const FINISH_NOTES = {
  length: '(cut: the answer reached its token limit)',
  cancelled: '(stopped)',
  deadline: '(cut: the time for the answer ran out)',
  degenerate: '(cut: the text began to repeat itself)',
} as const;

async function tellWhatIsMissing(client: ColloquyClient, modelId: string, terminal: Terminal): Promise<void> {
  try {
    const missing = await client.missingWorkers(modelId);
    if (missing.includes('sessions'))
      terminal.note('Waiting: no worker runs sessions just now. Start one: colloquy worker sessions');
    if (missing.includes('model')) {
      terminal.note(
        `Waiting: no worker runs the model "${modelId}" just now. Start one: colloquy worker model --model ${modelId}\n` +
          'Or stop this turn and go on with another model: colloquy set ID --model NAME',
      );
    }
  } catch {
    // The call that waits reports an unreachable server itself.
  }
}

/** @returns undefined when the user leaves (end of input, Ctrl-C). */
async function readMessage(
  prompt: ReturnType<typeof createInterface>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const lines: string[] = [];
  try {
    for (;;) {
      const line = await prompt.question(lines.length === 0 ? 'you> ' : '...> ', { signal });
      if (!line.endsWith('\\')) return [...lines, line].join('\n');
      lines.push(line.slice(0, -1));
    }
  } catch {
    return undefined;
  }
}
