import { Command } from 'commander';
import { ownVersion } from '../package-versions.js';
import { loadEnvFile } from './env-file.js';
import { typeable } from './own-command.js';
import { reportError } from './report-error.js';
import { addAskCommand } from './commands/ask.js';
import { addChatCommand } from './commands/chat.js';
import { addCompleteCommand } from './commands/complete.js';
import { addDatabaseCommand } from './commands/database.js';
import { addDeployCommand } from './commands/deploy.js';
import { addDoctorCommand } from './commands/doctor.js';
import { addBranchCommand, addEditCommand, addRegenerateCommand } from './commands/branches.js';
import { addApproveCommand, addRefuseCommand } from './commands/approvals.js';
import { addCancelCommand } from './commands/cancel.js';
import { addDeleteCommand } from './commands/delete.js';
import { addExpertCommand } from './commands/expert.js';
import { addExpertsCommand } from './commands/experts.js';
import { addExportCommand } from './commands/export.js';
import { addForkCommand } from './commands/fork.js';
import { addRenameCommand, addSetCommand } from './commands/settings.js';
import { addEndCommand } from './commands/end.js';
import { addInspectTokensCommand } from './commands/inspect-tokens.js';
import { addKbCommand } from './commands/kb.js';
import { addModelsCommand } from './commands/models/index.js';
import { addPanelCommand } from './commands/panel.js';
import { addPanelsCommand } from './commands/panels.js';
import { addSendCommand } from './commands/send.js';
import { addSessionsCommand } from './commands/sessions.js';
import { addStartCommand } from './commands/start.js';
import { addToolsCommand } from './commands/tools.js';
import { addTranscriptCommand } from './commands/transcript.js';
import { addUsageCommand } from './commands/usage.js';
import { addWorkerCommand } from './commands/worker.js';

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
  const commands = [
    addStartCommand,
    addChatCommand,
    addSendCommand,
    addTranscriptCommand,
    addSessionsCommand,
    addRegenerateCommand,
    addEditCommand,
    addBranchCommand,
    addSetCommand,
    addRenameCommand,
    addApproveCommand,
    addRefuseCommand,
    addCancelCommand,
    addForkCommand,
    addExportCommand,
    addUsageCommand,
    addAskCommand,
    addPanelCommand,
    addPanelsCommand,
    addEndCommand,
    addDeleteCommand,
    addCompleteCommand,
    addInspectTokensCommand,
    addModelsCommand,
    addToolsCommand,
    addKbCommand,
    addExpertCommand,
    addExpertsCommand,
    addWorkerCommand,
    addDatabaseCommand,
    addDeployCommand,
    addDoctorCommand,
  ];
  for (const add of commands) add(program, setExitCode);

  process.stdout.on('error', endWithReader);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    return reportError(error, program.opts<{ verbose: boolean }>().verbose);
  }
}

/** Whoever read the output, such as `head`, has gone and wants no more: an end like any other, which stops what was started. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.kill(process.pid, 'SIGTERM');
}
