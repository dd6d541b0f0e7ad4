import type { Command } from 'commander';
import { sessionClosed } from '../../client/colloquy-error.js';
import { createCliContext, withClient } from '../context.js';
import type { GlobalOptions } from '../context.js';

export function addEndCommand(program: Command): void {
  program
    .command('end')
    .description('End a session: open turns are answered, then it accepts no more. Its transcript stays readable.')
    .argument('<session>', 'id of the session')
    .option('--json', 'print one object')
    .addHelpText('after', '\nExample:\n  $ colloquy end 20260131-7k2m9x4a')
    .action(async (sessionId: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { json?: boolean }>();
      const context = await createCliContext(options);
      await withClient(context, async ({ client, terminal }) => {
        const session = client.session(sessionId);
        const { state } = await session.describe();
        if (state !== 'open') throw sessionClosed(`Session "${sessionId}"`);
        await session.end();
        terminal.print(options.json ? JSON.stringify({ sessionId, ended: true }) : `Session ${sessionId} ends.`);
      });
    });
}
