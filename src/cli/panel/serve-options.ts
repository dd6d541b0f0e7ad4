import type { Command } from 'commander';
import type { GlobalOptions } from '../context.js';
import { wholeNumber } from '../option-parsers.js';

/** Options of the commands that serve over HTTP. */
export interface ServeOptions extends GlobalOptions {
  readonly host: string;
  readonly port: number;
  readonly model?: string;
  readonly timeout?: number;
}

/** Adds the options of `ServeOptions`. */
export function addServeOptions(command: Command, defaultPort: number): Command {
  return command
    .option('--port <port>', 'port to listen on; 0 chooses a free one', wholeNumber(0, 65_535), defaultPort)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('-m, --model <model>', 'model for experts that name none (default: COLLOQUY_MODEL)')
    .option('--timeout <seconds>', 'time limit of one answer', wholeNumber(1, 3600));
}
