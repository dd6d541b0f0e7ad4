import type { Command } from 'commander';
import type { PanelHandle } from '../../client/panel-handle.js';
import { createCliContext, withClient } from '../context.js';
import type { CliContext, GlobalOptions } from '../context.js';
import { expertAddress, resolveExperts } from './resolve-experts.js';
import { abortOnInterrupt } from '../interrupt.js';
import { showPanel } from './show-panel.js';
import type { ShowOptions } from './show-panel.js';

/** Adds the commands that steer a running panel. */
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
    'Watch a panel until it ends, and print its result.',
    'show ID',
    async (handle, _args, context, options) =>
      setExitCode(await showPanel(handle, context, { ...options, watch: true }, abortOnInterrupt())),
  );
  control('cancel <id>', 'End a panel with the best result so far.', 'cancel ID', (handle) => handle.cancel());
  control(
    'remark <id> <text>',
    'Add a remark that all later steps of the panel take into account.',
    'remark ID "Mind the cost"',
    (handle, [text = '']) => handle.addRemark(text),
  );
  control(
    'approve <id> <what> [text]',
    'Approve a plan, a result or a tool call that waits, or answer a question.',
    'approve ID plan-2',
    async (handle, [what = '', text]) =>
      what.includes('/') ? handle.approveCall(what) : handle.approve(what, text === undefined ? {} : { text }),
  );
  control(
    'refuse <id> <what> [reason]',
    'Refuse a plan, a result or a tool call that waits, and give the reason.',
    'refuse ID plan-2 "Ask the lawyer, too"',
    async (handle, [what = '', text]) =>
      what.includes('/') ? handle.refuseCall(what, text) : handle.refuse(what, text),
  );
  control(
    'add <id> <name>',
    'Add an expert; give the address of a remote one.',
    'add ID reviewer',
    async (handle, [name = ''], context) => {
      const [profile] = await resolveExperts(context, [expertAddress(name)]);
      if (profile !== undefined) await handle.addExpert(profile);
    },
  );
}
