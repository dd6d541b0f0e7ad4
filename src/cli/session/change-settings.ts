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
  readonly useWeakHits?: boolean;
  readonly budgetTokens?: number;
  readonly budgetSeconds?: number;
  readonly turnTokens?: number;
  readonly turnSeconds?: number;
}

/** Adds the options of `SettingsOptions`. */
export function addSettingsOptions(command: Command): Command {
  command
    .option('-m, --model <model>', 'id from "colloquy models list", path of a GGUF file, ollama:NAME or openai:NAME')
    .option('-p, --persona <text>', 'persona of the assistant: a text, or @file')
    .option('--persona-name <name>', 'a short name for lists')
    .option('-n, --max-tokens <n>', 'maximum number of tokens of an answer', wholeNumber(1))
    .option(
      '--tools <names>',
      'tools that the model may call, separated by commas; see "colloquy tools list"',
      nameList,
    )
    .option('--no-tools', 'none')
    .option('--kb <names>', 'knowledge bases to use as sources of its answers, separated by commas', nameList)
    .option('--no-kb', 'none')
    .option('--web', 'use the web as a source of its answers too')
    .option('--no-web', 'do not use the web')
    .option('--use-weak-hits', 'give the model passages even if they probably do not answer')
    .option('--no-use-weak-hits', 'answer that nothing was found instead')
    .option('--max-tool-calls <n>', 'maximum number of tool calls in one turn', wholeNumber(1, 100))
    .option('--budget-tokens <n>', 'maximum number of tokens of the whole session', wholeNumber(1))
    .option(
      '--budget-seconds <n>',
      'maximum number of seconds spent on answers in the whole session',
      decimal(0.001, 1e9),
    )
    .option('--turn-tokens <n>', 'maximum number of tokens written in one turn', wholeNumber(1))
    .option('--turn-seconds <n>', 'maximum number of seconds of one turn', decimal(0.001, 1e9));
  addThinkingOptions(command);
  return addDecodingOptions(command, SESSION_DECODING_DEFAULTS);
}

/** The change that the options request. @throws {CliError} if they request none; and the errors of `resolvePersona` and `modelIdOf` */
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
    throw new CliError('Name a setting to change, e.g. --model or --persona; see --help.');
  }
  return change;
}

/** The change that words such as `--temperature 0.5` request. @throws {CommanderError} for words that are not options; {CliError} */
export async function parseSettingsChange(words: readonly string[]): Promise<SettingsChange> {
  const command = new Command('/set')
    .exitOverride()
    // A fault becomes an error, which the caller reports.
    .configureOutput({ writeErr: () => undefined, writeOut: () => undefined })
    .helpOption(false)
    .allowExcessArguments(false);
  addSettingsOptions(command).parse([...words], { from: 'user' });
  return changeOf(command.opts<SettingsOptions>());
}

/** Changes a session. Within a group (budget, sources, decoding, thinking), fields that the change does not name stay as they are. */
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

function sourcesOf({ kb, web, useWeakHits }: SettingsOptions): SourceSettings | undefined {
  const change = defined<SourceSettings>({
    knowledgeBases: kb === undefined ? undefined : namesOf(kb),
    web,
    weakHits: useWeakHits === undefined ? undefined : useWeakHits ? 'use' : 'refuse',
  });
  return Object.keys(change).length > 0 ? change : undefined;
}

/** Commander sets `true` if the option was not given. */
function namesOf(names: readonly string[] | boolean | undefined): readonly string[] | undefined {
  if (names === false) return [];
  return typeof names === 'object' ? names : undefined;
}

function defined<T extends object>(fields: { readonly [Key in keyof T]: T[Key] | undefined }): Partial<T> {
  // Removing fields from an object gives a partial of it.
  // eslint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>;
}
