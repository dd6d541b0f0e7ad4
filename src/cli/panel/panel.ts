import { Option } from 'commander';
import type { Command } from 'commander';
import { WAYS } from '../../domain/panel/panel.js';
import { createCliContext, withClient } from '../context.js';
import { decimal, listOf, wholeNumber } from '../option-parsers.js';
import { expertAddress } from './resolve-experts.js';
import type { PanelOptions } from './panel-request.js';
import { showPanel } from './show-panel.js';
import { addPanelControls } from './panel-controls.js';
import { addPanelServeCommand } from './panel-serve.js';

export function addPanelCommand(program: Command, setExitCode: (code: number) => void): void {
  const panel = program
    .command('panel')
    .description('Have experts work on a task under a coordinator; prints the result as Markdown.')
    .argument('[task]', 'what it is about, "-" for standard input; a ready panel may have one')
    .option(
      '--experts <names>',
      'who is asked, with commas between: names, addresses, NAME=ADDRESS',
      listOf(expertAddress),
    )
    .option('--panel <file>', 'a ready panel: its file or folder, or the name of one that comes with Colloquy')
    .option('--coordinator <name>', 'who plans, judges and integrates (default: standardization-expert)')
    .option('-m, --model <model>', 'model of all that name none')
    .option('-u, --user <id>', 'whose panel it is')
    .addOption(new Option('--way <way>', 'how they work together (default: coordinator)').choices(WAYS))
    .option('--rounds <count>', 'at most so many rounds of questions', wholeNumber(1, 20))
    .option('--deadline <seconds>', 'end in the best of what there is after so long', decimal(1, 604_800))
    .option('--budget-tokens <count>', 'end in the best of what there is after so many tokens', wholeNumber(1))
    .option('--experts-at-once <count>', 'ask at most so many at once', wholeNumber(1, 20))
    .option('--answer-tokens <count>', 'tokens of one answer at most', wholeNumber(1, 100_000))
    .option('--review', 'let a person approve plan and result: colloquy panel approve')
    .option('--watch', 'show a live tree: who is asked what, state, tokens, time')
    .option('--id <id>', 'id of the panel')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ colloquy panel "制定人工智能合规标准,避免人工智能伤害人类" --experts computer-scientist,law-expert --watch
  $ colloquy panel --panel ai-compliance
  $ colloquy panel "Is this legal?" --experts law-expert,reviewer=http://10.0.0.7:5000 --way debate --json

"colloquy experts list" tells who there is.`,
    )
    .action(async (task: string | undefined, _options, command: Command) => {
      const options = command.optsWithGlobals<PanelOptions>();
      const context = await createCliContext(options);
      const { readPanelRequest } = await import('./panel-request.js');
      const request = await readPanelRequest(context, task, options);
      await withClient(context, async ({ client }) => {
        const handle = await client.startPanel(request);
        context.terminal.note(`Panel ${handle.panelId}`);
        setExitCode(await showPanel(handle, context, options));
      });
    });
  addPanelControls(panel, setExitCode);
  addPanelServeCommand(panel);
}
