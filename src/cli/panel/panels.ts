import type { Command } from 'commander';
import { createCliContext, withClient } from '../context.js';
import type { GlobalOptions } from '../context.js';
import { wholeNumber } from '../option-parsers.js';
import { formatTable, printable } from '../terminal.js';

export function addPanelsCommand(program: Command): void {
  program
    .command('panels')
    .description('List panels: running ones first, newest first.')
    .option('-n, --limit <count>', 'maximum number', wholeNumber(1, 1000), 20)
    .option('--json', 'print an array')
    .addHelpText('after', '\nExamples:\n  $ colloquy panels --limit 5 --json')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { readonly json?: boolean; readonly limit: number }>();
      await withClient(await createCliContext(options), async ({ client, terminal }) => {
        const panels = await client.listPanels({ limit: options.limit });
        if (options.json) return terminal.print(JSON.stringify(panels));
        if (panels.length === 0) return terminal.note('There are no panels yet. Start one: colloquy panel "TASK"');
        const header = ['PANEL', 'STATE', 'WAY', 'STARTED (UTC)', 'TASK'];
        const rows = panels.map(({ panelId, state, way = '', startedAt, task = '' }) => [
          panelId,
          state,
          way,
          startedAt.slice(0, 16).replace('T', ' '),
          printable(task),
        ]);
        for (const line of formatTable([header, ...rows])) terminal.print(line);
      });
    });
}
