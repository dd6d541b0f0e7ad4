import type { Command } from 'commander';
import { showAnswer } from './show-answer.js';
import { createCliContext, withClient } from '../context.js';
import type { ConnectedContext, GlobalOptions } from '../context.js';
import { abortOnInterrupt } from '../interrupt.js';
import type { AskOptions, SessionHandle } from '../../client/session-handle.js';
import type { SendMessageResult } from '../../client/index.js';
import { wholeNumber } from '../option-parsers.js';

interface Options extends GlobalOptions {
  readonly json?: boolean;
}

export function addRegenerateCommand(program: Command): void {
  program
    .command('regenerate')
    .description('Answer a message again. The old answer stays readable, on a branch of its own.')
    .argument('<session>', 'id of the session')
    .argument('[turn]', 'number of the turn (default: the newest)', wholeNumber(1))
    .option('--json', 'print one object: answer, usage, finish reason')
    .addHelpText('after', '\nExample:\n  $ colloquy regenerate 20260131-7k2m9x4a')
    .action((sessionId: string, turn: number | undefined, _options, command: Command) =>
      askOnBranch(command, sessionId, (session, ask) => session.regenerate(turn, ask)),
    );
}

export function addEditCommand(program: Command): void {
  program
    .command('edit')
    .description('Replace the text of a message and answer it. The old branch stays readable.')
    .argument('<session>', 'id of the session')
    .argument('<turn>', 'number of the turn', wholeNumber(1))
    .argument('<text>', 'the new message')
    .option('--json', 'print one object: answer, usage, finish reason')
    .addHelpText('after', '\nExample:\n  $ colloquy edit 20260131-7k2m9x4a 2 "And of Spain?"')
    .action((sessionId: string, turn: number, text: string, _options, command: Command) =>
      askOnBranch(command, sessionId, (session, ask) => session.edit(turn, text, ask)),
    );
}

export function addBranchCommand(program: Command): void {
  program
    .command('branch')
    .description(
      'Continue from another turn: the next message follows it. "colloquy transcript ID --all" shows the branches.',
    )
    .argument('<session>', 'id of the session')
    .argument('<turn>', 'number of the turn', wholeNumber(1))
    .option('--json', "print the session's status")
    .addHelpText('after', '\nExample:\n  $ colloquy branch 20260131-7k2m9x4a 3')
    .action(async (sessionId: string, turn: number, _options, command: Command) => {
      const options = command.optsWithGlobals<Options>();
      await withClient(await createCliContext(options), async ({ client, terminal }) => {
        const status = await client.session(sessionId).selectBranch(turn);
        terminal.print(options.json ? JSON.stringify(status) : `The next message follows turn ${status.head}.`);
      });
    });
}

async function askOnBranch(
  command: Command,
  sessionId: string,
  ask: (session: SessionHandle, options: AskOptions) => Promise<SendMessageResult>,
): Promise<void> {
  const options = command.optsWithGlobals<Options>();
  const signal = abortOnInterrupt();
  await withClient(await createCliContext(options), async ({ client, terminal }: ConnectedContext) => {
    const session = client.session(sessionId);
    if (options.json) {
      terminal.print(JSON.stringify(await ask(session, { signal })));
      return;
    }
    const { modelId = '' } = await session.describe();
    await showAnswer({ client, session, modelId, terminal }, signal, (shown) => ask(session, shown));
  });
}
