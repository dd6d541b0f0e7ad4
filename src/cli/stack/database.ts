import type { Command } from 'commander';
import type { GlobalOptions } from '../context.js';
import { supervised } from './supervised.js';

export function addDatabaseCommand(program: Command): void {
  program
    .command('database')
    .description(
      'Serve the embedded database of this data folder. "colloquy start" runs it, unless DATABASE_URL is set.',
    )
    .addHelpText(
      'after',
      '\nExample:\n  $ colloquy database\n\nOther processes with the same COLLOQUY_HOME use it, until Ctrl-C.',
    )
    .action((_options, command: Command) =>
      supervised(command.optsWithGlobals<GlobalOptions>(), async ({ config, home }, _, stopSignal) => {
        const { runDatabaseProcess } = await import('../../workers/database-process.js');
        const { createLogger } = await import('../../workers/logging.js');
        const { reportReady } = await import('../../workers/stack/supervisor-link.js');
        const logger = createLogger('database', config.logLevel);
        await runDatabaseProcess({ home, logger, onReady: reportReady, stopSignal });
      }),
    );
}
