import type { Command } from 'commander';
import { createCliContext } from '../context.js';
import { addNewSessionOptions, addSessionOptions } from '../session/open-session.js';
import { wholeNumber } from '../option-parsers.js';
import type { StartOptions } from './run-start.js';

const parsePort = wholeNumber(1, 65_535);

export function addStartCommand(program: Command, setExitCode: (code: number) => void): void {
  const command = program
    .command('start')
    .description('Start everything in one go (Temporal server with its UI, workers, model), then chat.');
  addNewSessionOptions(
    addSessionOptions(command),
    'id from "colloquy models list", path of a GGUF file, ollama:NAME or openai:NAME',
  )
    .option('--no-chat', 'run only the stack, until Ctrl-C')
    .option('--temporal-port <port>', 'port of the Temporal server that is started here', parsePort)
    .option('--ui-port <port>', 'port of its UI', parsePort)
    .addHelpText(
      'after',
      `
Examples:
  $ colloquy start
  $ colloquy start --session 20260131-7k2m9x4a
  $ colloquy start --persona "You are a pirate. Answer in one sentence."
  $ colloquy start --no-chat --temporal temporal.internal:7233
  $ printf 'What is the capital of France?\\n' | colloquy start

With piped input each line is a turn, answered on standard output. Logs are in COLLOQUY_HOME/logs.`,
    )
    .action(async (_options, self: Command) => {
      const options = self.optsWithGlobals<StartOptions>();
      const { runStart } = await import('./run-start.js');
      setExitCode(await runStart(await createCliContext(options), options));
    });
}
