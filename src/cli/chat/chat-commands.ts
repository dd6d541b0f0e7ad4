import { CommanderError } from 'commander';
import type { SendMessageResult } from '../../client/index.js';
import type { AskOptions, SessionHandle } from '../../client/session-handle.js';
import type { Transcript } from '../../client/read-transcript.js';
import { CliError } from '../cli-error.js';
import { printTranscript } from '../session/print-transcript.js';
import { formatSettings, parseSettingsChange, changeSettings } from '../session/change-settings.js';
import { printable } from '../terminal.js';
import type { Terminal } from '../terminal.js';
import { splitWords } from './words.js';

/** State that the commands of a chat use. */
export interface ChatSeat {
  readonly terminal: Terminal;
  /** The current session; `/new` replaces it. */
  session: SessionHandle;
  modelId: string;
  readonly uiLink: (sessionId: string) => string | undefined;
  /** Starts a new session with these settings, which becomes `session`. */
  readonly startAnew: (settings: Transcript['settings']) => Promise<void>;
  /** Asks for an answer and shows it. */
  readonly show: (ask: (options: AskOptions) => Promise<SendMessageResult>) => Promise<void>;
}

/** Effect of a typed line: it was a command, it is a message, or the chat is over. */
export type CommandOutcome = 'done' | 'message' | 'leave';

interface ChatCommand {
  readonly usage: string;
  readonly about: string;
  /** Returns `leave` to end the chat; other results are ignored. */
  readonly run: (seat: ChatSeat, rest: string) => Promise<unknown>;
}

/** Message that makes a model continue an answer that was cut. */
export const CONTINUE_MESSAGE = 'Go on exactly where you stopped.';

const COMMANDS: Readonly<Record<string, ChatCommand>> = {
  '/help': {
    usage: '/help',
    about: 'this',
    run: async ({ terminal }) => terminal.print(CHAT_HELP),
  },
  '/continue': {
    usage: '/continue',
    about: 'let the model continue its last answer',
    run: continueAnswer,
  },
  '/regenerate': {
    usage: '/regenerate [TURN]',
    about: 'answer a message again (default: the newest); the old answer stays on a branch',
    run: async ({ session, show }, rest) => {
      const turn = rest === '' ? undefined : parseTurn(rest);
      await show((ask) => session.regenerate(turn, ask));
    },
  },
  '/edit': {
    usage: '/edit [TURN] TEXT',
    about: 'replace the text of a message (default: the newest), and answer it',
    run: editTurn,
  },
  '/branch': {
    usage: '/branch TURN',
    about: 'continue from another turn',
    run: async ({ session, terminal }, rest) => {
      const { head } = await session.selectBranch(parseTurn(rest));
      terminal.note(`The next message follows turn ${head}.`);
    },
  },
  '/set': {
    usage: '/set [OPTION VALUE]…',
    about: 'change settings as "colloquy set" does, e.g. /set temperature 0.5; without arguments, show them',
    run: setOptions,
  },
  '/new': {
    usage: '/new',
    about: 'start a new session with the same settings',
    run: async (seat) => {
      await seat.startAnew((await seat.session.status()).settings);
      seat.terminal.note(`session ${seat.session.sessionId} · ${seat.modelId}`);
    },
  },
  '/transcript': {
    usage: '/transcript',
    about: 'show the conversation so far, with the numbers of turns',
    run: async ({ session, terminal }) => printTranscript(terminal, await session.transcript()),
  },
  '/ui': {
    usage: '/ui',
    about: 'show the link to this session in the Temporal UI',
    run: async ({ terminal, session, uiLink }) =>
      terminal.print(uiLink(session.sessionId) ?? 'The address of the UI of this Temporal server is unknown.'),
  },
  '/end': {
    usage: '/end',
    about: 'end the session and leave',
    run: async ({ session, terminal }) => {
      await session.end();
      terminal.note(`Session ${session.sessionId} has ended.`);
      return 'leave';
    },
  },
  '/quit': {
    usage: '/quit',
    about: 'leave; the session stays, continue it with --session ID or --continue',
    run: async () => 'leave',
  },
};

const USAGE_WIDTH = Math.max(...Object.values(COMMANDS).map(({ usage }) => usage.length)) + 2;

/** Help on Ctrl-C, shown when a chat begins. */
export const INTERRUPT_HELP = 'Ctrl-C stops an answer that is being written; at the prompt, it leaves the chat.';

export const CHAT_HELP = [
  'A line is a message. Several lines are one message if you paste them, if each but the last ends with \\, or between """ and """.',
  'The arrow keys edit the line and recall earlier ones.',
  ...Object.values(COMMANDS).map(({ usage, about }) => `  ${usage.padEnd(USAGE_WIDTH)}${about}`),
  INTERRUPT_HELP,
].join('\n');

/** Runs a line that begins with a command. Reports faults; the chat continues. */
export async function obeyCommand(seat: ChatSeat, line: string): Promise<CommandOutcome> {
  const [, name = '', rest = ''] = /^\s*(\/\w+)(?:\s+([\s\S]*))?$/u.exec(line) ?? [];
  const command = COMMANDS[name === '/exit' ? '/quit' : name];
  if (command === undefined) {
    // It may be a message that begins with a path.
    if (name === '' || rest !== '') return 'message';
    seat.terminal.note(`There is no command ${name}. /help lists them.`);
    return 'done';
  }
  try {
    return (await command.run(seat, rest.trim())) === 'leave' ? 'leave' : 'done';
  } catch (error) {
    if (!(error instanceof CliError) && !(error instanceof CommanderError)) throw error;
    seat.terminal.note(`✗ ${error.message}\n${command.usage}  ${command.about}`);
    return 'done';
  }
}

/** Answers a turn again if it has no answer; otherwise sends a message that asks for the rest. */
async function continueAnswer({ session, terminal, show }: ChatSeat): Promise<void> {
  const { messages } = await session.transcript();
  const last = messages.at(-1);
  if (last === undefined) throw new CliError('The conversation is still empty.');
  if (last.role === 'user') return show((ask) => session.regenerate(last.turn, ask));
  if (last.finishReason === 'stop') terminal.note('(the last answer was complete; the model is asked for more)');
  await show((ask) => session.send(CONTINUE_MESSAGE, ask));
}

async function editTurn({ session, show }: ChatSeat, rest: string): Promise<void> {
  const { head, turnCount } = await session.status();
  if (head === 0) throw new CliError('The conversation is still empty.');
  const [, number, after] = /^(\d+)\s+([\s\S]+)$/u.exec(rest) ?? [];
  const isTurn = number !== undefined && Number(number) >= 1 && Number(number) <= turnCount;
  const text = isTurn ? (after ?? '') : rest;
  if (text === '') throw new CliError('Give the new text of the message.');
  await show((ask) => session.edit(isTurn ? Number(number) : head, text, ask));
}

async function setOptions(seat: ChatSeat, rest: string): Promise<void> {
  const { session, terminal } = seat;
  const words = splitWords(rest);
  const [first] = words;
  if (first === undefined) {
    terminal.print(printable(formatSettings((await session.status()).settings)));
    return;
  }
  if (!first.startsWith('-')) words[0] = `--${first}`;
  const settings = await changeSettings(session, await parseSettingsChange(words));
  seat.modelId = settings.modelId;
  terminal.note('The change takes effect with the next turn.');
}

function parseTurn(text: string): number {
  const turn = Number(text);
  if (/^\d+$/u.test(text) && turn >= 1) return turn;
  throw new CliError(`"${text}" is not a valid turn number; /transcript shows the numbers.`);
}
