import type { Command } from 'commander';
import { runDatabaseProcess } from '../../workers/database-process.js';
import { createLogger } from '../../workers/logging.js';
import { reportReady } from '../../workers/stack/supervisor-link.js';
import type { GlobalOptions } from '../context.js';
import { supervised } from '../supervised.js';

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
      supervised(command.optsWithGlobals<GlobalOptions>(), ({ config, home }, _, stopSignal) =>
        runDatabaseProcess({
          home,
          logger: createLogger('database', config.logLevel),
          onReady: reportReady,
          stopSignal,
        }),
      ),
    );
}
