import type { Command } from 'commander';
import type { WorkerKind } from '../../workers/worker-kinds.js';
import type { WorkerOptions } from './run-worker.js';
import { supervised } from './supervised.js';

export function addWorkerCommand(program: Command): void {
  const worker = program
    .command('worker')
    .description('Run one worker process. "colloquy start" runs one of each.')
    .addHelpText(
      'after',
      '\nExamples:\n  $ colloquy worker sessions\n  $ colloquy worker model --model smollm2-135m-instruct',
    );

  worker
    .command('sessions')
    .description('Run session workflows and tools. Needs no model; run as many of these workers as you like.')
    .option('--no-tools', 'do not run tools; "colloquy worker tools" does')
    .addHelpText(
      'after',
      '\nExamples:\n  $ colloquy worker sessions --temporal temporal.internal:7233\n' +
        '  $ COLLOQUY_BUILD_ID=2026-02-01 colloquy worker sessions   # as a version, see colloquy deploy --help',
    )
    .action((_options, command: Command) => run(command, 'sessions'));

  worker
    .command('tools')
    .description('Run only the tools, for example in the network that they access.')
    .addHelpText('after', '\nExample:\n  $ COLLOQUY_TOOLS=./my-tool.js colloquy worker tools')
    .action((_options, command: Command) => run(command, 'tools'));

  worker
    .command('model')
    .description('Run one model for all sessions that use it.')
    .option('-m, --model <model>', 'id from "colloquy models list", path of a GGUF file, ollama:NAME or openai:NAME')
    .option(
      '--name <name>',
      'name of this worker; keep it after a restart, so that sessions return to it (default: host and process)',
    )
    .addHelpText('after', '\nExample:\n  $ colloquy worker model --model smollm2-135m-instruct')
    .action((_options, command: Command) => run(command, 'model'));

  worker
    .command('archive')
    .description('Store closed turns in the database of DATABASE_URL, or else in the embedded one of this data folder.')
    .addHelpText(
      'after',
      '\nExample:\n  $ DATABASE_URL=postgres://colloquy@db.internal/colloquy colloquy worker archive',
    )
    .action((_options, command: Command) => run(command, 'archive'));

  worker
    .command('retrieval')
    .description(
      'Read documents into knowledge bases, and search them and the web. The worker must be able to read the files that are added.',
    )
    .addHelpText(
      'after',
      '\nExample:\n  $ DATABASE_URL=postgres://colloquy@db.internal/colloquy colloquy worker retrieval',
    )
    .action((_options, command: Command) => run(command, 'retrieval'));
}

/** Loads the code of workers only when one is run, because most commands, and --help, do not need it. */
function run(command: Command, kind: WorkerKind): Promise<void> {
  return supervised(command.optsWithGlobals<WorkerOptions>(), async (...given) => {
    const { runWorker } = await import('./run-worker.js');
    await runWorker(kind, ...given);
  });
}
