import type { Command } from 'commander';
import { listOf, wholeNumber } from '../option-parsers.js';
import { expertAddress } from './resolve-experts.js';
import type { PanelServeOptions } from './serve-panel.js';
import { addServeOptions } from './serve-options.js';

const DEFAULT_PORT = 5002;

/** Adds `panel serve`. */
export function addPanelServeCommand(panel: Command): void {
  addServeOptions(
    panel
      .command('serve')
      .description('Serve a panel over HTTP: POST /integrate {"task": …} gives {"response": …}.')
      .argument('<coordinator>', 'from "colloquy experts list"')
      .requiredOption(
        '-e, --expert <addresses>',
        'experts, separated by commas: names from "colloquy experts list", addresses of served experts, or NAME=ADDRESS',
        listOf(expertAddress),
      )
      .option('--rounds <count>', 'maximum number of rounds of questions', wholeNumber(1, 20)),
    DEFAULT_PORT,
  )
    .addHelpText(
      'after',
      `
Examples:
  $ colloquy panel serve standardization-expert --port 5002 --expert http://127.0.0.1:5000 --expert http://127.0.0.1:5001
  $ curl -s localhost:5002/integrate -H 'content-type: application/json' -d '{"task": "制定人工智能合规标准,避免人工智能伤害人类"}'
  $ colloquy panel serve standardization-expert --expert law-expert=http://law.internal:5001,reviewer

An expert that does not answer when the panel begins must be given with its name. Needs a running stack: colloquy start --no-chat.`,
    )
    .action(async (coordinator: string, _options, command: Command) => {
      const { servePanel } = await import('./serve-panel.js');
      await servePanel(coordinator, command.optsWithGlobals<PanelServeOptions>());
    });
}
