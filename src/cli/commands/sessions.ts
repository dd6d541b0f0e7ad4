import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { createCliContext, withClient } from '../context.js';
import type { GlobalOptions } from '../context.js';
import { formatTable, printable } from '../terminal.js';

export function addSessionsCommand(program: Command): void {
  program
    .command('sessions')
    .description('List sessions: open ones first, newest first.')
    .option('-n, --limit <count>', 'at most so many', parseCount, 20)
    .option('--json', 'print an array')
    .addHelpText('after', '\nExample:\n  $ colloquy sessions --limit 5 --json')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { json?: boolean; limit: number }>();
      const context = createCliContext(options);
      await withClient(context, async ({ client, terminal }) => {
        const sessions = await client.listSessions({ limit: options.limit });
        if (options.json) {
          terminal.print(JSON.stringify(sessions));
        } else if (sessions.length === 0) {
          terminal.note('There are no sessions yet. Start one: colloquy send "Hello"');
        } else {
          const rows = sessions.map(({ sessionId, state, modelId = '', startedAt, title = '' }) => {
            return [sessionId, state, modelId, startedAt.slice(0, 16).replace('T', ' '), printable(title)];
          });
          for (const line of formatTable([['SESSION', 'STATE', 'MODEL', 'STARTED (UTC)', 'TITLE'], ...rows])) {
            terminal.print(line);
          }
        }
      });
    });
}

function parseCount(value: string): number {
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1 || count > 1000)
    throw new InvalidArgumentError('Give a number from 1 to 1000.');
  return count;
}
