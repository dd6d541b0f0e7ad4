import type { Command } from 'commander';
import { addSettingsOptions, changeOf, changeSettings } from './change-settings.js';
import type { SettingsOptions } from './change-settings.js';
import { createCliContext, withClient } from '../context.js';
import type { GlobalOptions } from '../context.js';

interface SetOptions extends GlobalOptions, SettingsOptions {
  readonly json?: boolean;
}

export function addSetCommand(program: Command): void {
  const command = program
    .command('set')
    .description('Change model, persona and the like of a session, from the next turn on.')
    .argument('<session>', 'id of the session');
  addSettingsOptions(command)
    .option('--json', 'print the settings')
    .addHelpText(
      'after',
      `
Examples:
  $ colloquy set 20260131-7k2m9x4a --model llama-3.2-3b-instruct
  $ colloquy set 20260131-7k2m9x4a --persona @pirate.txt --temperature 0.9 --tools calculator,clock`,
    )
    .action(async (sessionId: string, _options, self: Command) => {
      const options = self.optsWithGlobals<SetOptions>();
      const change = await changeOf(options);
      await withClient(await createCliContext(options), async ({ client, terminal }) => {
        const settings = await changeSettings(client.session(sessionId), change);
        terminal.print(
          options.json ? JSON.stringify(settings) : `Session ${sessionId} is changed from the next turn on.`,
        );
      });
    });
}

export function addRenameCommand(program: Command): void {
  program
    .command('rename')
    .description('Give a session a title.')
    .argument('<session>', 'id of the session')
    .argument('<title>', 'the title')
    .option('--json', "print the session's status")
    .addHelpText('after', '\nExample:\n  $ colloquy rename 20260131-7k2m9x4a "Capitals of Europe"')
    .action(async (sessionId: string, title: string, _options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { json?: boolean }>();
      await withClient(await createCliContext(options), async ({ client, terminal }) => {
        const status = await client.session(sessionId).rename(title);
        terminal.print(options.json ? JSON.stringify(status) : `Session ${sessionId} is "${status.title}" now.`);
      });
    });
}
