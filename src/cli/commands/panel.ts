import { readFile } from 'node:fs/promises';
import { Option } from 'commander';
import type { Command } from 'commander';
import type { PanelHandle } from '../../client/panel-handle.js';
import type { ExpertProfile } from '../../domain/panel/expert.js';
import { WAYS } from '../../domain/panel/panel.js';
import type { Way } from '../../domain/panel/panel.js';
import { renderResult } from '../../domain/panel/render-result.js';
import { modelIdOf } from '../../workers/resolve-model.js';
import { CliError } from '../cli-error.js';
import { createCliContext, withClient } from '../context.js';
import type { CliContext, GlobalOptions } from '../context.js';
import { decimal, nameList, wholeNumber } from '../option-parsers.js';
import { formatTable, printable } from '../terminal.js';
import { watchPanel } from '../watch-panel.js';

interface PanelOptions extends GlobalOptions {
  readonly experts?: readonly string[];
  readonly profiles?: string;
  readonly coordinator?: string;
  readonly model?: string;
  readonly user?: string;
  readonly way?: Way;
  readonly rounds?: number;
  readonly deadline?: number;
  readonly budgetTokens?: number;
  readonly expertsAtOnce?: number;
  readonly answerTokens?: number;
  readonly review?: boolean;
  readonly watch?: boolean;
  readonly json?: boolean;
  readonly id?: string;
}

const MAX_PROFILES_BYTES = 2_000_000;

export function addPanelCommand(program: Command): void {
  const panel = program
    .command('panel')
    .description('Have experts work on a task under a coordinator; prints the result as Markdown.')
    .argument('<task>')
    .option('--experts <names>', 'which of the profiles, with commas between (default: all)', nameList)
    .option('--profiles <file>', 'JSON file with a list of { name, responsibility, persona, … }')
    .option('--coordinator <name>', 'the profile of who plans, judges and integrates')
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
      '\nExamples:\n  $ colloquy panel "Is this legal?" --profiles experts.json --experts law-expert,computer-scientist --watch\n' +
        '  $ colloquy panel "Yes or no?" --profiles experts.json --way vote --json',
    )
    .action(async (task: string, _options, command: Command) => {
      const options = command.optsWithGlobals<PanelOptions>();
      const context = createCliContext(options);
      const profiles = await readProfiles(options.profiles);
      const coordinator = options.coordinator === undefined ? undefined : profileOf(profiles, options.coordinator);
      const chosen = options.experts ?? profiles.map(({ name }) => name).filter((name) => name !== coordinator?.name);
      await withClient(context, async ({ client }) => {
        const handle = await client.startPanel({
          ...(options.id !== undefined && { panelId: options.id }),
          task,
          modelId: modelIdOf(options.model ?? context.config.model),
          experts: chosen.map((name) => profileOf(profiles, name)),
          ...(coordinator && { coordinator }),
          ...(options.way && { way: options.way }),
          ...(options.user !== undefined && { userId: options.user }),
          limits: {
            rounds: options.rounds,
            deadlineSeconds: options.deadline,
            tokenBudget: options.budgetTokens,
            expertsAtOnce: options.expertsAtOnce,
            answerTokens: options.answerTokens,
          },
          ...(options.review && { review: { plan: true, questions: true, result: true } }),
        });
        context.terminal.note(`Panel ${handle.panelId}`);
        await show(handle, context, options);
      });
    });
  addControls(panel);
}

export function addPanelsCommand(program: Command): void {
  program
    .command('panels')
    .description('List panels: running ones first, newest first.')
    .option('-n, --limit <count>', 'at most so many', wholeNumber(1, 1000), 20)
    .option('--json', 'print an array')
    .addHelpText('after', '\nExamples:\n  $ colloquy panels --limit 5 --json')
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { readonly json?: boolean; readonly limit: number }>();
      await withClient(createCliContext(options), async ({ client, terminal }) => {
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

function addControls(panel: Command): void {
  const control = (
    usage: string,
    description: string,
    example: string,
    act: (handle: PanelHandle, args: readonly string[], context: CliContext, options: PanelOptions) => Promise<unknown>,
  ): Command =>
    panel
      .command(usage)
      .description(description)
      .addHelpText('after', `\nExamples:\n  $ colloquy panel ${example}`)
      .action(async function (this: Command) {
        const options = this.optsWithGlobals<PanelOptions>();
        const [panelId = '', ...args] = this.args;
        await withClient(createCliContext(options), (context) =>
          act(context.client.panel(panelId), args, context, options),
        );
      });
  control('show <id>', 'Watch a panel to its end and print its result.', 'show ID', (handle, _args, context, options) =>
    show(handle, context, { ...options, watch: true }),
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
    'Ask another expert of the profiles, too.',
    'add ID reviewer --profiles experts.json',
    async (handle, [name = ''], _context, { profiles }) =>
      handle.addExpert(profileOf(await readProfiles(profiles), name)),
  );
}

async function show(handle: PanelHandle, { terminal }: CliContext, { watch, json }: PanelOptions): Promise<void> {
  if (watch) await watchPanel(handle, terminal);
  const result = await handle.result();
  terminal.print(json ? JSON.stringify(result) : printable(renderResult(result)).trimEnd());
}

function profileOf(profiles: readonly ExpertProfile[], name: string): ExpertProfile {
  const profile = profiles.find((each) => each.name === name);
  if (profile !== undefined) return profile;
  throw new CliError(`There is no expert "${name}". Known: ${profiles.map((each) => each.name).join(', ')}.`);
}

/** The faults of single profiles are told by the client, all at once. @throws {CliError} */
async function readProfiles(file: string | undefined): Promise<readonly ExpertProfile[]> {
  if (file === undefined) throw new CliError('Name the file with the experts: --profiles FILE.');
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`The file "${file}" cannot be read: ${reason}.`, { cause: error });
  }
  if (text.length > MAX_PROFILES_BYTES) throw new CliError(`The file "${file}" is too large for profiles of experts.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CliError(`The file "${file}" is no JSON: ${error instanceof Error ? error.message : String(error)}.`);
  }
  if (!Array.isArray(value) || !value.every(isNamed)) {
    throw new CliError(`The file "${file}" must hold a list of { name, responsibility, persona, … }.`);
  }
  return value;
}

function isNamed(value: unknown): value is ExpertProfile {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}
