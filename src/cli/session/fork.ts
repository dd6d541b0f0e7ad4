import type { Command } from 'commander';
import { modelIdOf } from '../../models/resolve-model.js';
import { createCliContext, withClient } from '../context.js';
import type { GlobalOptions } from '../context.js';
import { wholeNumber } from '../option-parsers.js';
import { resolvePersona } from './persona.js';

interface ForkOptions extends GlobalOptions {
  readonly turn?: number;
  readonly model?: string;
  readonly persona?: string;
  readonly json?: boolean;
}

export function addForkCommand(program: Command): void {
  program
    .command('fork')
    .description('Start a session that begins with the conversation of another one.')
    .argument('<session>', 'id of the session')
    .option('--turn <n>', 'up to this turn (default: the newest)', wholeNumber(1))
    .option('-m, --model <model>', 'model of the new session (default: the same)')
    .option('-p, --persona <text>', 'its persona: text, or @file (default: the same)')
    .option('--json', 'print one object')
    .addHelpText('after', '\nExample:\n  $ colloquy fork 20260131-7k2m9x4a --turn 3 --model llama-3.2-1b-instruct')
    .action(async (sessionId: string, _options, command: Command) => {
      const options = command.optsWithGlobals<ForkOptions>();
      const persona = options.persona === undefined ? {} : { persona: await resolvePersona(options.persona) };
      const model = options.model === undefined ? {} : { modelId: modelIdOf(options.model) };
      await withClient(await createCliContext(options), async ({ client, terminal }) => {
        const fork = await client.forkSession(sessionId, { turn: options.turn, ...model, ...persona });
        terminal.print(
          options.json ? JSON.stringify({ sessionId: fork.sessionId, forkOf: sessionId }) : fork.sessionId,
        );
      });
    });
}
