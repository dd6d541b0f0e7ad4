import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { createCliContext, withClient } from '../context.js';
import type { GlobalOptions } from '../context.js';

export function addUsageCommand(program: Command): void {
  program
    .command('usage')
    .description("Show what a user's answers have cost in all sessions, including ended and deleted ones.")
    .argument('<user>', 'id of the user')
    .option('--since <time>', 'only answers since this time, e.g. 2026-01-31', parseTime)
    .option('--json', 'print one object')
    .addHelpText('after', '\nExample:\n  $ colloquy usage ada --since 2026-01-01')
    .action(async (userId: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { json?: boolean; since?: Date }>();
      await withClient(await createCliContext(options), async ({ client, terminal }) => {
        const usage = await client.usageOfUser(userId, options.since);
        const { answers, inputTokens, cachedInputTokens, outputTokens, durationMs } = usage;
        terminal.print(
          options.json
            ? JSON.stringify({ userId, ...usage })
            : `${answers} answers: ${inputTokens} tokens read (${cachedInputTokens} cached), ${outputTokens} written, ${(durationMs / 1000).toFixed(1)} s`,
        );
      });
    });
}

function parseTime(value: string): Date {
  const time = new Date(value);
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('Give a date or a time, e.g. 2026-01-31.');
  return time;
}
