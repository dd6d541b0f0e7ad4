import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { CliError } from '../cli-error.js';
import { createCliContext, withClient } from '../context.js';
import type { GlobalOptions } from '../context.js';

export function addDeleteCommand(program: Command, setExitCode: (code: number) => void): void {
  program
    .command('delete')
    .description('End a session and delete it: transcript, archive, states on disk, history. This cannot be undone.')
    .argument('<session>', 'id of the session')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print one object')
    .addHelpText('after', '\nExample:\n  $ colloquy delete 20260131-7k2m9x4a --yes')
    .action(async (sessionId: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { json?: boolean; yes?: boolean }>();
      const context = await createCliContext(options);
      const { terminal } = context;
      await withClient(context, async ({ client }) => {
        const { title = '' } = await client
          .session(sessionId)
          .describe()
          .catch(() => ({ title: undefined }));
        if (!options.yes) {
          if (!terminal.input.isTTY) throw new CliError('Deleting cannot be undone. Give --yes to confirm it.');
          const question = createInterface({ input: terminal.input, output: terminal.out });
          const reply = await question.question(
            `Delete session ${sessionId} ${JSON.stringify(title)} for good? [y/N] `,
          );
          question.close();
          if (!/^y(es)?$/iu.test(reply.trim())) {
            terminal.note('Nothing was deleted.');
            setExitCode(1);
            return;
          }
        }
        const { notAsked, ...deleted } = await client.deleteSession(sessionId);
        terminal.print(
          options.json ? JSON.stringify({ sessionId, ...deleted, notAsked }) : `Session ${sessionId} is deleted.`,
        );
        for (const modelId of notAsked) {
          terminal.note(
            `No worker runs "${modelId}", so states of the conversation may remain in COLLOQUY_HOME/snapshots on the machine of its worker.`,
          );
        }
      });
    });
}
