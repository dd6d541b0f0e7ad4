import { InvalidArgumentError, type Command } from 'commander';
import type { OpenPanelRunner, PanelServeOptions, RemoteAddress } from '../serve-panel.js';
import { faultOfExpertUrl } from '../../experts/remote-expert.js';
import { addServeOptions } from '../serve-options.js';

const DEFAULT_PORT = 5002;

/** Adds `panel serve`. @param loadRunner what runs panels; loaded when one is served */
export function addPanelServeCommand(panel: Command, loadRunner: () => Promise<OpenPanelRunner>): void {
  addServeOptions(
    panel
      .command('serve')
      .description('Serve a panel over HTTP: POST /integrate {"task": …} gives {"response": …}.')
      .argument('<coordinator>', 'from "colloquy experts list"')
      .requiredOption(
        '-e, --expert <url...>',
        'who is asked: a name from "colloquy experts list", the address of one that is served, or NAME=ADDRESS',
        collectExperts,
      ),
    DEFAULT_PORT,
  )
    .addHelpText(
      'after',
      `
Examples:
  $ colloquy panel serve standardization-expert --port 5002 --expert http://127.0.0.1:5000 --expert http://127.0.0.1:5001
  $ curl -s localhost:5002/integrate -H 'content-type: application/json' -d '{"task": "制定人工智能合规标准,避免人工智能伤害人类"}'
  $ colloquy panel serve standardization-expert --expert law-expert=http://law.internal:5001 reviewer

An expert that does not answer when the panel begins must be given with its name. Needs a running stack: colloquy start --no-chat.`,
    )
    .action(async (coordinator: string, _options, command: Command) => {
      const [{ servePanel }, openRunner] = await Promise.all([import('../serve-panel.js'), loadRunner()]);
      await servePanel(coordinator, command.optsWithGlobals<PanelServeOptions>(), openRunner);
    });
}

function collectExperts(text: string, before: readonly RemoteAddress[] = []): readonly RemoteAddress[] {
  const { name, rest = '' } = /^(?:(?<name>[a-z0-9][a-z0-9-]{0,59})=)?(?<rest>.*)$/su.exec(text)?.groups ?? {};
  if (name === undefined && /^[a-z0-9][a-z0-9-]{0,59}$/u.test(rest)) return [...before, { name: rest }];
  const fault = faultOfExpertUrl(rest);
  if (fault !== undefined) throw new InvalidArgumentError(`${fault}, or a name.`);
  return [...before, { url: rest, ...(name !== undefined && { name }) }];
}
