import type { Command } from 'commander';
import { createCliContext, withClient } from '../context.js';
import type { GlobalOptions } from '../context.js';

export function addCancelCommand(program: Command): void {
  program
    .command('cancel')
    .description('Stop the answer that is being written; what was written so far is kept.')
    .argument('<session>', 'id of the session')
    .option('--message-id <id>', 'stop the turn of this message, even if it still waits (default: the running turn)')
    .option('--json', 'print one object')
    .addHelpText('after', '\nExample:\n  $ colloquy cancel 20260131-7k2m9x4a')
    .action(async (sessionId: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { json?: boolean; messageId?: string }>();
      await withClient(await createCliContext(options), async ({ client, terminal }) => {
        await client.session(sessionId).cancelTurn(options.messageId);
        terminal.print(options.json ? JSON.stringify({ sessionId, cancelled: true }) : `Session ${sessionId} stops.`);
      });
    });
}
