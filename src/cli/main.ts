import { Command } from 'commander';
import { ownVersion } from '../package-versions.js';
import { loadCommands } from './commands.js';
import { loadEnvFile } from './env-file.js';
import { typeable } from './own-command.js';
import { reportError } from './report-error.js';

/** The `colloquy` program. @returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  for (const fault of loadEnvFile('.env', process.env)?.faults ?? []) process.stderr.write(`warning: ${fault}\n`);
  let exitCode = 0;
  const setExitCode = (code: number): void => void (exitCode = code);
  const program = new Command('colloquy')
    .description('Durable conversations with self-hosted LLaMA-family models, on Temporal.')
    .version(ownVersion())
    .option(
      '--temporal <address>',
      'Temporal server, host:port (default: that of the running stack, else 127.0.0.1:7233)',
    )
    .option('--namespace <name>', 'Temporal namespace (default: "default")')
    .option('--verbose', 'show stack traces', false)
    .showHelpAfterError('(see --help)')
    .configureOutput({
      writeOut: (text) => void process.stdout.write(typeable(text)),
      writeErr: (text) => void process.stderr.write(typeable(text)),
    })
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  $ colloquy start                                       everything in one go, then a chat
  $ printf 'What is the capital of France?\\n' | colloquy start
  $ colloquy send "And of Italy?" --session ID           from a second terminal
  $ colloquy transcript ID --json
  $ colloquy complete "Once upon a time" --beam          without a server
  $ colloquy doctor`,
    );
  for (const add of await loadCommands(argv)) add(program, setExitCode);

  process.stdout.on('error', endWithReader);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    return reportError(error, program.opts<{ verbose: boolean }>().verbose);
  }
}

/** The reader of the output, such as `head`, has closed it. The program ends normally and stops what it started. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.kill(process.pid, 'SIGTERM');
}
