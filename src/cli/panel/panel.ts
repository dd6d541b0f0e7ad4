import { Option } from 'commander';
import type { Command } from 'commander';
import { WAYS } from '../../domain/panel/panel.js';
import { createCliContext, withClient } from '../context.js';
import { decimal, listOf, wholeNumber } from '../option-parsers.js';
import { expertAddress } from './resolve-experts.js';
import type { PanelOptions } from './panel-request.js';
import { abortOnInterrupt } from '../interrupt.js';
import { showPanel } from './show-panel.js';
import { addPanelControls } from './panel-controls.js';
import { addPanelServeCommand } from './panel-serve.js';

export function addPanelCommand(program: Command, setExitCode: (code: number) => void): void {
  const panel = program
    .command('panel')
    .description('Let experts work on a task under a coordinator, and print the result as Markdown.')
    .argument('[task]', 'the task; "-" reads standard input; a ready panel may define it')
    .option(
      '--experts <names>',
      'experts, separated by commas: names, addresses, or NAME=ADDRESS',
      listOf(expertAddress),
    )
    .option('--panel <file>', 'a ready panel: its file or folder, or the name of one that comes with Colloquy')
    .option('--coordinator <name>', 'expert that plans, judges and integrates (default: standardization-expert)')
    .option('-m, --model <model>', 'model for experts that name none')
    .option('-u, --user <id>', 'owner of the panel')
    .addOption(new Option('--way <way>', 'way of working together (default: coordinator)').choices(WAYS))
    .option('--rounds <count>', 'maximum number of rounds of questions', wholeNumber(1, 20))
    .option('--deadline <seconds>', 'time limit; the panel then ends with the best result so far', decimal(1, 604_800))
    .option('--budget-tokens <count>', 'token limit; the panel then ends with the best result so far', wholeNumber(1))
    .option('--experts-at-once <count>', 'maximum number of experts asked at the same time', wholeNumber(1, 20))
    .option('--answer-tokens <count>', 'maximum number of tokens of one answer', wholeNumber(1, 100_000))
    .option('--review', 'wait for a person to approve the plan and the result: colloquy panel approve')
    .option('--watch', 'show a live tree of questions with state, tokens and time')
    .option('--id <id>', 'id of the panel')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ colloquy panel "制定人工智能合规标准,避免人工智能伤害人类" --experts computer-scientist,law-expert --watch
  $ colloquy panel --panel ai-compliance
  $ colloquy panel "Is this legal?" --experts law-expert,reviewer=http://10.0.0.7:5000 --way debate --json

"colloquy experts list" lists the experts.`,
    )
    .action(async (task: string | undefined, _options, command: Command) => {
      const options = command.optsWithGlobals<PanelOptions>();
      const context = await createCliContext(options);
      const { readPanelRequest } = await import('./panel-request.js');
      const request = await readPanelRequest(context, task, options);
      await withClient(context, async ({ client }) => {
        const handle = await client.startPanel(request);
        // Before its id is printed: a user who sees the id may press Ctrl-C.
        const signal = abortOnInterrupt();
        context.terminal.note(`Panel ${handle.panelId}`);
        setExitCode(await showPanel(handle, context, options, signal));
      });
    });
  addPanelControls(panel, setExitCode);
  addPanelServeCommand(panel);
}
