import { Command } from 'commander';
import { ownVersion } from '../package-versions.js';
import { loadEnvFile } from './env-file.js';
import { typeable } from './own-command.js';
import { reportError } from './report-error.js';
import { addAskCommand } from './answer/ask.js';
import { addChatCommand } from './chat/add-chat-command.js';
import { addCompleteCommand } from './models/complete.js';
import { addDatabaseCommand } from './stack/database.js';
import { addDeployCommand } from './stack/deploy.js';
import { addDoctorCommand } from './stack/doctor.js';
import { addBranchCommand, addEditCommand, addRegenerateCommand } from './session/branches.js';
import { addApproveCommand, addRefuseCommand } from './session/approvals.js';
import { addCancelCommand } from './session/cancel.js';
import { addDeleteCommand } from './session/delete.js';
import { addExpertCommand } from './panel/expert.js';
import { addExpertsCommand } from './panel/experts.js';
import { addExportCommand } from './session/export.js';
import { addForkCommand } from './session/fork.js';
import { addRenameCommand, addSetCommand } from './session/settings.js';
import { addEndCommand } from './session/end.js';
import { addInspectTokensCommand } from './models/inspect-tokens.js';
import { addKbCommand } from './knowledge/kb.js';
import { addModelsCommand } from './models/index.js';
import { addPanelCommand } from './panel/panel.js';
import { addPanelsCommand } from './panel/panels.js';
import { addSendCommand } from './session/send.js';
import { addSessionsCommand } from './session/sessions.js';
import { addStartCommand } from './stack/start.js';
import { addToolsCommand } from './tools/tools.js';
import { addTranscriptCommand } from './session/transcript.js';
import { addUsageCommand } from './session/usage.js';
import { addWorkerCommand } from './stack/worker.js';

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
