import type { Command } from 'commander';
import { FileFaultsError } from '../../experts/file-fault.js';
import { createCliContext, type CliContext, type GlobalOptions } from '../context.js';
import { formatTable, printable } from '../terminal.js';

interface ExpertsOptions extends GlobalOptions {
  readonly json?: boolean;
}

export function addExpertsCommand(program: Command, setExitCode: (code: number) => void): void {
  const experts = program
    .command('experts')
    .description('Experts that a panel can ask: files NAME.md, each with a persona.')
    .addHelpText(
      'after',
      `
Examples:
  $ colloquy experts list
  $ colloquy experts check my-experts

They come with Colloquy, and from your own folder, which comes first: COLLOQUY_EXPERTS, else experts in the working directory.`,
    );

  experts
    .command('list')
    .description('List the experts with their responsibilities.')
    .option('--json', 'print an array, with personas')
    .addHelpText('after', '\nExamples:\n  $ colloquy experts list\n  $ colloquy experts list --json | jq ".[].name"')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<ExpertsOptions>();
      const context = await createCliContext(options);
      const { loadOwnExperts } = await import('./expert-library.js');
      const found = await loadOwnExperts(context);
      if (options.json) {
        context.terminal.print(
          JSON.stringify(found.map(({ profile, line: _line, ...rest }) => ({ ...profile, ...rest }))),
        );
        return;
      }
      const rows = found.map(({ profile: { name, modelId = 'of the panel', tools = [], responsibility } }) => [
        name,
        modelId,
        tools.join(', ') || '-',
        printable(responsibility),
      ]);
      const header = ['EXPERT', 'MODEL', 'TOOLS', 'RESPONSIBILITY'];
      for (const line of formatTable([header, ...rows])) context.terminal.print(line);
    });

  experts
    .command('check')
    .description('Check all expert files, and report every fault with its file and line.')
    .argument('[folder]', 'default: your own folder, and those that come with Colloquy')
    .option('--json', 'print { experts, faults }')
    .addHelpText('after', '\nExamples:\n  $ colloquy experts check\n  $ colloquy experts check my-experts --json')
    .action(async (folder: string | undefined, _options, command: Command) => {
      const options = command.optsWithGlobals<ExpertsOptions>();
      setExitCode(await check(await createCliContext(options), folder, options));
    });
}

async function check(context: CliContext, folder: string | undefined, { json }: ExpertsOptions): Promise<number> {
  try {
    const { loadOwnExperts } = await import('./expert-library.js');
    const names = (await loadOwnExperts(context, { folder })).map(({ profile }) => profile.name);
    context.terminal.print(
      json ? JSON.stringify({ experts: names, faults: [] }) : `${names.length} experts, no faults: ${names.join(', ')}`,
    );
    return 0;
  } catch (error) {
    if (!json || !(error instanceof FileFaultsError)) throw error;
    context.terminal.print(JSON.stringify({ experts: [], faults: error.faults }));
    return 1;
  }
}
