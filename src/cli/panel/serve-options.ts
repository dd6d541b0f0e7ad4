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

/** Adds those of `ServeOptions`. */
export function addServeOptions(command: Command, defaultPort: number): Command {
  return command
    .option('--port <port>', 'where to listen; 0 for any that is free', wholeNumber(0, 65_535), defaultPort)
    .option('--host <address>', 'where to listen', '127.0.0.1')
    .option('-m, --model <model>', 'for whoever names none (default: COLLOQUY_MODEL)')
    .option('--timeout <seconds>', 'for one answer', wholeNumber(1, 3600));
}
