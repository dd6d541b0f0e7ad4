import { createInterface } from 'node:readline/promises';
import type { ColloquyClient } from '../client/colloquy-client.js';
import { ColloquyError } from '../client/colloquy-error.js';
import type { SessionHandle } from '../client/session-handle.js';
import type { ToolCall } from '../domain/tool-call.js';
import { formatTranscript } from './format-transcript.js';
import { readLines } from './input-lines.js';
import { describeCall, showAnswer } from './show-answer.js';
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
  // While no line is asked for: what is typed then is the next message.
  const typedAhead: string[] = [];
  prompt.on('line', (line) => typedAhead.push(line));

  terminal.note(HELP.split('\n').at(-1) ?? '');
  try {
    while (!leave.signal.aborted) {
      const text = await readMessage(prompt, typedAhead, leave.signal);
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
        const onWaitingCall = (call: ToolCall, heard: AbortSignal): Promise<void> =>
          askForApproval(prompt, options, call, AbortSignal.any([heard, leave.signal]));
        const stop = AbortSignal.any([stopTurn.signal, leave.signal]);
        await showAnswer({ ...options, onWaitingCall }, stop, (ask) => session.send(text, ask));
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

/** Only yes is yes; what follows a no is the reason that the model is told. */
async function askForApproval(
  prompt: ReturnType<typeof createInterface>,
  { session, terminal }: ChatOptions,
  call: ToolCall,
  signal: AbortSignal,
): Promise<void> {
  try {
    const reply = await prompt.question(`May it call ${describeCall(call)}? [y/N, or why not] `, { signal });
    if (/^y(es)?$/iu.test(reply.trim())) return void (await session.approve(call.callId));
    const reason = reply.trim().replace(/^no?\b[\s,.:]*/iu, '');
    await session.refuse(call.callId, reason === '' ? undefined : reason);
  } catch (error) {
    // The answer came, the call was decided elsewhere, or the user left: the turn itself tells.
    if (error instanceof ColloquyError && !signal.aborted) terminal.note(`✗ ${error.message}`);
  }
}

/** @returns undefined when the user leaves (end of input, Ctrl-C). */
async function readMessage(
  prompt: ReturnType<typeof createInterface>,
  typedAhead: string[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const lines: string[] = [];
  try {
    for (;;) {
      const line = typedAhead.shift() ?? (await prompt.question(lines.length === 0 ? 'you> ' : '...> ', { signal }));
      if (!line.endsWith('\\')) return [...lines, line].join('\n');
      lines.push(line.slice(0, -1));
    }
  } catch {
    return undefined;
  }
}
