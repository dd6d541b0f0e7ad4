import type { Command } from 'commander';
import { createCliContext, withClient } from '../context.js';
import type { GlobalOptions } from '../context.js';
import { formatTurns } from './format-transcript.js';
import { wholeNumber } from '../option-parsers.js';
import { printTranscript } from './print-transcript.js';
import { printable } from '../terminal.js';

export function addTranscriptCommand(program: Command): void {
  program
    .command('transcript')
    .description('Print the conversation of a session, even if it has ended.')
    .argument('<session>', 'id of the session')
    .option('--head <turn>', 'the branch that ends with this turn (default: the current one)', wholeNumber(1))
    .option('--all', 'all turns of all branches, each with the turn that it follows')
    .option('--json', 'print one object: settings and messages with usage; with --all an array of turns')
    .addHelpText(
      'after',
      '\nExamples:\n  $ colloquy transcript 20260131-7k2m9x4a --json\n  $ colloquy transcript 20260131-7k2m9x4a --all',
    )
    .action(async (sessionId: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { json?: boolean; head?: number; all?: boolean }>();
      const context = await createCliContext(options);
      await withClient(context, async ({ client, terminal }) => {
        const session = client.session(sessionId);
        if (options.all) {
          const turns = await session.turns();
          terminal.print(options.json ? JSON.stringify(turns) : printable(formatTurns(turns)));
          return;
        }
        const transcript = await session.transcript({ head: options.head });
        if (options.json) terminal.print(JSON.stringify(transcript));
        else printTranscript(terminal, transcript);
      });
    });
}
