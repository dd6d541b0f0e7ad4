import type { Command } from 'commander';
import { createCliContext, withClient } from '../context.js';
import type { GlobalOptions } from '../context.js';
import { formatTranscript } from '../format-transcript.js';
import { printable } from '../terminal.js';

export function addTranscriptCommand(program: Command): void {
  program
    .command('transcript')
    .description('Print who said what in a session, also in one that has ended.')
    .argument('<session>', 'id of the session')
    .option('--json', 'print one object: settings and messages with usage')
    .addHelpText('after', '\nExample:\n  $ colloquy transcript 20260131-7k2m9x4a --json')
    .action(async (sessionId: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { json?: boolean }>();
      const context = createCliContext(options);
      await withClient(context, async ({ client, terminal }) => {
        const transcript = await client.session(sessionId).transcript();
        terminal.print(options.json ? JSON.stringify(transcript) : printable(formatTranscript(transcript)));
      });
    });
}
