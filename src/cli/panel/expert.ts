import type { Command } from 'commander';
import { addServeOptions, type ServeOptions } from './serve-options.js';

const DEFAULT_PORT = 5000;

export function addExpertCommand(program: Command): void {
  const expert = program
    .command('expert')
    .description('Serve a single expert. "colloquy experts list" lists them.')
    .addHelpText('after', '\nExample:\n  $ colloquy expert serve computer-scientist --port 5000');

  addServeOptions(
    expert
      .command('serve')
      .description('Serve an expert over HTTP: POST /chat {"intent": …} gives {"response": …}.')
      .argument('<name>', 'from "colloquy experts list"'),
    DEFAULT_PORT,
  )
    .addHelpText(
      'after',
      `
Examples:
  $ colloquy expert serve computer-scientist --port 5000
  $ curl -s localhost:5000/chat -H 'content-type: application/json' -d '{"intent": "What is a buffer overflow?"}'
  $ COLLOQUY_API_TOKEN=... colloquy expert serve law-expert --host 0.0.0.0 --port 5001

Needs a running stack: colloquy start --no-chat. Each request is a chat session of its own; one that is sent again with the same
Idempotency-Key gets the same answer.`,
    )
    .action(async (name: string, _options, command: Command) => {
      // The server code is loaded only here, because most commands, and --help, do not need it.
      const { serveExpert } = await import('./serve-expert.js');
      await serveExpert(name, command.optsWithGlobals<ServeOptions>());
    });
}
