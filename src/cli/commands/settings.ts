import type { Command } from 'commander';
import type { SourceSettings } from '../../domain/answer-sources.js';
import type { SessionBudget, SettingsChange } from '../../domain/session-settings.js';
import { modelIdOf } from '../../workers/resolve-model.js';
import { CliError } from '../cli-error.js';
import { createCliContext, withClient } from '../context.js';
import type { GlobalOptions } from '../context.js';
import { addDecodingOptions, givenDecoding } from '../decoding-options.js';
import type { DecodingOptions } from '../decoding-options.js';
import { decimal, nameList, wholeNumber } from '../option-parsers.js';
import { resolvePersona } from '../persona.js';

interface SetOptions extends GlobalOptions, DecodingOptions {
  readonly model?: string;
  readonly persona?: string;
  readonly personaName?: string;
  readonly maxTokens?: number;
  readonly tools?: readonly string[] | boolean;
  readonly maxToolCalls?: number;
  readonly kb?: readonly string[] | boolean;
  readonly web?: boolean;
  readonly budgetTokens?: number;
  readonly budgetSeconds?: number;
  readonly turnTokens?: number;
  readonly turnSeconds?: number;
  readonly json?: boolean;
}

export function addSetCommand(program: Command): void {
  const command = program
    .command('set')
    .description('Change model, persona and the like of a session, from the next turn on.')
    .argument('<session>', 'id of the session')
    .option('-m, --model <model>', 'id from "colloquy models list", path of a GGUF file, ollama:NAME or openai:NAME')
    .option('-p, --persona <text>', 'who the assistant is: text, or @file')
    .option('--persona-name <name>', 'a short name for lists')
    .option('-n, --max-tokens <n>', 'tokens of an answer at most', wholeNumber(1))
    .option('--tools <name...>', 'tools that it may call, see "colloquy tools list"')
    .option('--no-tools', 'none')
    .option('--kb <names>', 'knowledge bases that its answers are drawn from, with commas between', nameList)
    .option('--no-kb', 'none')
    .option('--web', 'draw its answers from the web, too')
    .option('--no-web', 'not from the web')
    .option('--max-tool-calls <n>', 'calls of tools in one turn at most', wholeNumber(1, 100))
    .option('--budget-tokens <n>', 'tokens of the whole session at most', wholeNumber(1))
    .option('--budget-seconds <n>', 'seconds of answering in the whole session at most', decimal(0.001, 1e9))
    .option('--turn-tokens <n>', 'tokens written in one turn at most', wholeNumber(1))
    .option('--turn-seconds <n>', 'seconds that one turn may take', decimal(0.001, 1e9));
  addDecodingOptions(command)
    .option('--json', 'print the settings')
    .addHelpText(
      'after',
      `
Examples:
  $ colloquy set 20260131-7k2m9x4a --model llama-3.2-3b-instruct
  $ colloquy set 20260131-7k2m9x4a --persona @pirate.txt --temperature 0.9`,
    )
    .action(async (sessionId: string, _options, self: Command) => {
      const options = self.optsWithGlobals<SetOptions>();
      const change = await changeOf(options);
      if (Object.keys(change).length === 0)
        throw new CliError('Say what to change, e.g. --model or --persona: see --help.');
      await withClient(createCliContext(options), async ({ client, terminal }) => {
        const session = client.session(sessionId);
        const { budget, decoding, sources } = (await session.status()).settings;
        const settings = await session.changeSettings({
          ...change,
          // What is not named of these stays too.
          ...(change.budget && { budget: { ...budget, ...change.budget } }),
          ...(change.sources && { sources: { ...sources, ...change.sources } }),
          ...(change.decoding && { decoding: { ...decoding, ...change.decoding } }),
        });
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
      await withClient(createCliContext(options), async ({ client, terminal }) => {
        const status = await client.session(sessionId).rename(title);
        terminal.print(options.json ? JSON.stringify(status) : `Session ${sessionId} is "${status.title}" now.`);
      });
    });
}

async function changeOf(options: SetOptions): Promise<SettingsChange> {
  const { model, personaName, maxTokens: maxOutputTokens } = options;
  const budget = defined<SessionBudget>({
    sessionTokens: options.budgetTokens,
    sessionSeconds: options.budgetSeconds,
    turnTokens: options.turnTokens,
    turnSeconds: options.turnSeconds,
  });
  const decoding = givenDecoding(options);
  return defined<SettingsChange>({
    modelId: model === undefined ? undefined : modelIdOf(model),
    persona: options.persona === undefined ? undefined : await resolvePersona(options.persona),
    personaName,
    maxOutputTokens,
    tools: toolsOf(options.tools),
    maxToolCalls: options.maxToolCalls,
    sources: sourcesOf(options),
    budget: Object.keys(budget).length > 0 ? budget : undefined,
    decoding: Object.keys(decoding).length > 0 ? decoding : undefined,
  });
}

function sourcesOf({ kb, web }: SetOptions): SourceSettings | undefined {
  const change = defined<SourceSettings>({ knowledgeBases: kb === undefined ? undefined : toolsOf(kb), web });
  return Object.keys(change).length > 0 ? change : undefined;
}

/** Commander says `true` where nothing was said. */
function toolsOf(tools: readonly string[] | boolean | undefined): readonly string[] | undefined {
  if (tools === false) return [];
  return typeof tools === 'object' ? tools : undefined;
}

function defined<T extends object>(fields: { readonly [Key in keyof T]: T[Key] | undefined }): Partial<T> {
  // Leaving fields out makes any object a part of itself.
  // eslint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}
