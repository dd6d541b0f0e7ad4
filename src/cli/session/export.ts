import { Option } from 'commander';
import type { Command } from 'commander';
import { writeFile } from 'node:fs/promises';
import { exportSession, sessionMarkdown } from '../../domain/session/session-export.js';
import { CliError } from '../cli-error.js';
import { createCliContext, withClient } from '../context.js';
import type { GlobalOptions } from '../context.js';

interface ExportOptions extends GlobalOptions {
  readonly format: 'json' | 'markdown';
  readonly output?: string;
}

export function addExportCommand(program: Command): void {
  program
    .command('export')
    .description('Write a whole session: JSON with all branches, or Markdown of the current one.')
    .argument('<session>', 'id of the session')
    .addOption(new Option('-f, --format <format>', 'json or markdown').choices(['json', 'markdown']).default('json'))
    .option('-o, --output <file>', 'a new file (default: standard output)')
    .addHelpText(
      'after',
      `
Examples:
  $ colloquy export 20260131-7k2m9x4a > session.json
  $ colloquy export 20260131-7k2m9x4a --format markdown --output session.md`,
    )
    .action(async (sessionId: string, _options, command: Command) => {
      const { format, output, ...options } = command.optsWithGlobals<ExportOptions>();
      await withClient(await createCliContext(options), async ({ client, terminal }) => {
        const session = client.session(sessionId);
        const { settings, head } = await session.transcript();
        const exported = exportSession({ sessionId, settings, head, turns: await session.turns() });
        const text = format === 'json' ? JSON.stringify(exported, undefined, 2) : sessionMarkdown(exported);
        if (output === undefined) {
          terminal.print(text);
          return;
        }
        try {
          // Never overwrites a file; only the owner may read the new one.
          await writeFile(output, `${text}\n`, { flag: 'wx', mode: 0o600 });
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          throw new CliError(`The file could not be written: ${reason}. Name a new one.`, { cause: error });
        }
        terminal.note(`${exported.turns.length} turns are in ${output}.`);
      });
    });
}
