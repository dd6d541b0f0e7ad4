import { Command } from 'commander';
import type { SessionHandle } from '../../client/session-handle.js';
import type { SourceSettings } from '../../domain/answer/answer-sources.js';
import type { SessionBudget, SessionSettings, SettingsChange } from '../../domain/session/session-settings.js';
import { modelIdOf } from '../../models/resolve-model.js';
import { CliError } from '../cli-error.js';
import { SESSION_DECODING_DEFAULTS, addDecodingOptions, givenDecoding } from './decoding-options.js';
import type { DecodingOptions } from './decoding-options.js';
import { nameList, decimal, wholeNumber } from '../option-parsers.js';
import { resolvePersona } from './persona.js';
import { addThinkingOptions, thinkingOf } from './thinking-options.js';
import type { ThinkingOptions } from './thinking-options.js';

/** Options that change a session. */
export interface SettingsOptions extends DecodingOptions, ThinkingOptions {
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
}

/** Adds those of `SettingsOptions`. */
export function addSettingsOptions(command: Command): Command {
  command
    .option('-m, --model <model>', 'id from "colloquy models list", path of a GGUF file, ollama:NAME or openai:NAME')
    .option('-p, --persona <text>', 'who the assistant is: text, or @file')
    .option('--persona-name <name>', 'a short name for lists')
    .option('-n, --max-tokens <n>', 'tokens of an answer at most', wholeNumber(1))
    .option('--tools <names>', 'tools that it may call, with commas between: see "colloquy tools list"', nameList)
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
  addThinkingOptions(command);
  return addDecodingOptions(command, SESSION_DECODING_DEFAULTS);
}

/** The change that options ask for. @throws {CliError} when they ask for none; what `resolvePersona` and `modelIdOf` throw */
export async function changeOf(options: SettingsOptions): Promise<SettingsChange> {
  const { model, personaName, maxTokens: maxOutputTokens } = options;
  const budget = defined<SessionBudget>({
    sessionTokens: options.budgetTokens,
    sessionSeconds: options.budgetSeconds,
    turnTokens: options.turnTokens,
    turnSeconds: options.turnSeconds,
  });
  const decoding = givenDecoding(options);
  const change = defined<SettingsChange>({
    modelId: model === undefined ? undefined : modelIdOf(model),
    persona: options.persona === undefined ? undefined : await resolvePersona(options.persona),
    personaName,
    maxOutputTokens,
    tools: namesOf(options.tools),
    maxToolCalls: options.maxToolCalls,
    sources: sourcesOf(options),
    budget: Object.keys(budget).length > 0 ? budget : undefined,
    thinking: thinkingOf(options),
    decoding: Object.keys(decoding).length > 0 ? decoding : undefined,
  });
  if (Object.keys(change).length === 0) {
    throw new CliError('Say what to change, e.g. --model or --persona: see --help.');
  }
  return change;
}

/** The change that words such as `--temperature 0.5` ask for. @throws {CommanderError} for words that say nothing; {CliError} */
export async function parseSettingsChange(words: readonly string[]): Promise<SettingsChange> {
  const command = new Command('/set')
    .exitOverride()
    // What is wrong comes as an error; whoever catches it tells it.
    .configureOutput({ writeErr: () => undefined, writeOut: () => undefined })
    .helpOption(false)
    .allowExcessArguments(false);
  addSettingsOptions(command).parse([...words], { from: 'user' });
  return changeOf(command.opts<SettingsOptions>());
}

/** Changes a session. What the change does not name of its groups (budget, sources, decoding, thinking) stays too. */
export async function changeSettings(session: SessionHandle, change: SettingsChange): Promise<SessionSettings> {
  const { budget, decoding, sources, thinking } = (await session.status()).settings;
  return session.changeSettings({
    ...change,
    ...(change.budget && { budget: { ...budget, ...change.budget } }),
    ...(change.sources && { sources: { ...sources, ...change.sources } }),
    ...(change.thinking && { thinking: { ...thinking, ...change.thinking } }),
    ...(change.decoding && { decoding: { ...decoding, ...change.decoding } }),
  });
}

/** A line for each setting that the session has. */
export function formatSettings(settings: SessionSettings): string {
  return Object.entries(settings)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('\n');
}

function sourcesOf({ kb, web }: SettingsOptions): SourceSettings | undefined {
  const change = defined<SourceSettings>({ knowledgeBases: kb === undefined ? undefined : namesOf(kb), web });
  return Object.keys(change).length > 0 ? change : undefined;
}

/** Commander says `true` where nothing was said. */
function namesOf(names: readonly string[] | boolean | undefined): readonly string[] | undefined {
  if (names === false) return [];
  return typeof names === 'object' ? names : undefined;
}

function defined<T extends object>(fields: { readonly [Key in keyof T]: T[Key] | undefined }): Partial<T> {
  // Leaving fields out makes any object a part of itself.
  // eslint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}
