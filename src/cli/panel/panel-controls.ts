import type { Command } from 'commander';
import type { PanelHandle } from '../../client/panel-handle.js';
import { createCliContext, withClient } from '../context.js';
import type { CliContext, GlobalOptions } from '../context.js';
import { expertAddress, resolveExperts } from './resolve-experts.js';
import { showPanel } from './show-panel.js';
import type { ShowOptions } from './show-panel.js';

/** Adds what steers a panel that runs. */
export function addPanelControls(panel: Command, setExitCode: (code: number) => void): void {
  const control = (
    usage: string,
    description: string,
    example: string,
    act: (handle: PanelHandle, args: readonly string[], context: CliContext, options: ShowOptions) => Promise<unknown>,
  ): Command =>
    panel
      .command(usage)
      .description(description)
      .addHelpText('after', `\nExamples:\n  $ colloquy panel ${example}`)
      .action(async function (this: Command) {
        const options = this.optsWithGlobals<GlobalOptions & ShowOptions>();
        const [panelId = '', ...args] = this.args;
        await withClient(await createCliContext(options), (context) =>
          act(context.client.panel(panelId), args, context, options),
        );
      });
  control(
    'show <id>',
    'Watch a panel to its end and print its result.',
    'show ID',
    async (handle, _args, context, options) =>
      setExitCode(await showPanel(handle, context, { ...options, watch: true })),
  );
  control('cancel <id>', 'End a panel in the best of what there is.', 'cancel ID', (handle) => handle.cancel());
  control(
    'remark <id> <text>',
    'Say something to whoever works on it from now on.',
    'remark ID "Mind the cost"',
    (handle, [text = '']) => handle.addRemark(text),
  );
  control(
    'approve <id> <what> [text]',
    'Agree to what waits: a plan, a result, a call of a tool; answer a question.',
    'approve ID plan-2',
    async (handle, [what = '', text]) =>
      what.includes('/') ? handle.approveCall(what) : handle.approve(what, text === undefined ? {} : { text }),
  );
  control(
    'refuse <id> <what> [reason]',
    'Do not agree, and say why.',
    'refuse ID plan-2 "Ask the lawyer, too"',
    async (handle, [what = '', text]) =>
      what.includes('/') ? handle.refuseCall(what, text) : handle.refuse(what, text),
  );
  control(
    'add <id> <name>',
    'Ask another expert, too; one elsewhere by its address.',
    'add ID reviewer',
    async (handle, [name = ''], context) => {
      const [profile] = await resolveExperts(context, [expertAddress(name)]);
      if (profile !== undefined) await handle.addExpert(profile);
    },
  );
}
