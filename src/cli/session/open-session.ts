import type { Command } from 'commander';
import type { ColloquyClient } from '../../client/colloquy-client.js';
import { sessionClosed } from '../../client/colloquy-error.js';
import type { SessionHandle } from '../../client/session-handle.js';
import type { Config } from '../../config.js';
import type { SessionPanel } from '../../domain/panel/panel.js';
import type { SessionSettings } from '../../domain/session/session-settings.js';
import { modelIdOf } from '../../models/resolve-model.js';
import { CliError } from '../cli-error.js';
import { SESSION_DECODING_DEFAULTS, addDecodingOptions, givenDecoding } from './decoding-options.js';
import type { DecodingOptions } from './decoding-options.js';
import { nameList, wholeNumber } from '../option-parsers.js';
import { resolvePersona } from './persona.js';
import { addThinkingOptions, thinkingOf } from './thinking-options.js';
import type { ThinkingOptions } from './thinking-options.js';

/** Settings of a new session. */
export interface NewSessionOptions extends DecodingOptions, ThinkingOptions {
  readonly model?: string;
  readonly persona?: string;
  readonly user?: string;
  readonly tools?: readonly string[];
  readonly panel?: string;
  readonly kb?: readonly string[];
  readonly web?: boolean;
  readonly maxTokens?: number;
}

/** Options of the commands that talk in a session. */
export interface SessionOptions extends NewSessionOptions {
  readonly session?: string;
  /** Continues the newest session. */
  readonly continue?: boolean;
  /** Hides the thoughts of the model. */
  readonly hideThoughts?: boolean;
}

export interface ChosenSession {
  readonly session: SessionHandle;
  readonly modelId: string;
  /** The session existed before. */
  readonly isContinued: boolean;
}

/** Defaults of a new session. */
export type SessionDefaults = Pick<Config, 'model' | 'persona' | 'experts' | 'tools' | 'fetchAllow'>;

/** Adds the options that choose the session. */
export function addSessionOptions(command: Command, without = 'without it, a new one starts'): Command {
  return command
    .option('-s, --session <id>', `continue this session; ${without}`)
    .option('-c, --continue', 'continue the newest open session (of --user, if given)')
    .option('--hide-thoughts', "hide the model's thoughts; with piped output they go to standard error only");
}

/** Adds the options of `NewSessionOptions`. */
export function addNewSessionOptions(command: Command, model = 'model of a new session'): Command {
  command
    .option('-m, --model <model>', model)
    .option('-p, --persona <text>', 'persona of a new session: a text, or @file')
    .option('-u, --user <id>', 'owner of the session; usage is counted, and capacity shared, per user')
    .option(
      '--tools <names>',
      'tools that a new session may call, separated by commas; see "colloquy tools list"',
      nameList,
    )
    .option('--panel <file>', 'panel that answers the turns of a new session: a file, or the name of a ready panel')
    .option('--kb <names>', 'knowledge bases to use as sources of its answers, separated by commas', nameList)
    .option('--web', 'use the web as a source of its answers too')
    .option('-n, --max-tokens <n>', 'maximum number of tokens of an answer', wholeNumber(1));
  addThinkingOptions(command);
  return addDecodingOptions(command, SESSION_DECODING_DEFAULTS);
}

/** The session that is asked for, else a new one. @throws what the two below throw; {CliError} when both are asked for */
export async function chooseSession(
  client: ColloquyClient,
  options: SessionOptions,
  defaults: SessionDefaults,
): Promise<ChosenSession> {
  const session = await sessionToGoOnWith(client, options);
  return session === undefined ? startSession(client, options, defaults) : openSession(client, { session });
}

/**
 * The id of the session that is to go on. @returns undefined when a new one is wanted
 *
 * @throws {CliError} when options of a new session are given too, or none can go on
 */
export async function sessionToGoOnWith(client: ColloquyClient, options: SessionOptions): Promise<string | undefined> {
  assertOneSession(options);
  if (options.session !== undefined) return options.session;
  if (!options.continue) return undefined;
  const { user: userId } = options;
  const open = await client.listSessions({ status: 'open', ...(userId !== undefined && { userId }) });
  const newest = open
    // Without a name it is whoever has none: on a shared server the newest session is somebody else's.
    .filter((session) => session.userId === userId)
    .toSorted((a, b) => b.startedAt.localeCompare(a.startedAt))[0];
  if (newest !== undefined) return newest.sessionId;
  const whose = userId === undefined ? 'without a user' : `of "${userId}"`;
  throw new CliError(`No session ${whose} is open. Omit --continue to start one, or see "colloquy sessions".`);
}

/** @throws {CliError} for options that exclude each other */
export function assertOneSession(options: SessionOptions): void {
  const { session, continue: goesOn } = options;
  if (session === undefined && !goesOn) return;
  if (session !== undefined && goesOn) throw new CliError('Give --session or --continue, not both.');
  // The user says whose session is looked for.
  assertNoneGiven(goesOn ? { ...options, user: undefined } : options, goesOn ? '--continue' : '--session');
}

function assertNoneGiven(options: NewSessionOptions, reason: string): void {
  const { model, persona, user, tools, panel, kb, web, maxTokens, thinking, maxThinkingTokens } = options;
  const decoding = givenDecoding(options);
  const written = { model, persona, user, tools, panel, kb, web, maxTokens, thinking, maxThinkingTokens, ...decoding };
  const given = Object.entries(written)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => `--${name.replaceAll(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`)}`);
  if (given.length === 0) return;
  throw new CliError(
    `${given.join(' and ')} ${given.length === 1 ? 'belongs' : 'belong'} to a new session: omit it or ${reason}. ` +
      'A session is changed by "colloquy set".',
  );
}

/** A session that exists and takes messages. @throws {ColloquyError} `SessionNotFound`, `SessionClosed` */
export async function openSession(
  client: ColloquyClient,
  options: { readonly session: string },
): Promise<ChosenSession> {
  const session = client.session(options.session);
  const { state, modelId = '' } = await session.describe();
  if (state !== 'open') throw sessionClosed(`Session "${options.session}"`);
  return { session, modelId, isContinued: true };
}

/** A new session. @throws what `newSessionSettings` throws; {ColloquyError} `InvalidRequest` */
export async function startSession(
  client: ColloquyClient,
  options: NewSessionOptions,
  defaults: SessionDefaults,
): Promise<ChosenSession> {
  const settings = await newSessionSettings(options, defaults);
  return { session: await client.startSession(settings), modelId: settings.modelId, isContinued: false };
}

/** @throws {ModelError} `Model.NotFound`; {CliError} for a persona that cannot be used; {FileFaultsError} for such a panel */
export async function newSessionSettings(
  options: NewSessionOptions,
  defaults: SessionDefaults,
): Promise<SessionSettings> {
  const { model, persona, user, tools, panel, kb = [], web = false, maxTokens } = options;
  const decoding = givenDecoding(options);
  const thinking = thinkingOf(options);
  const modelId = modelIdOf(model ?? defaults.model);
  return {
    modelId,
    persona: await resolvePersona(persona ?? defaults.persona),
    userId: user,
    tools,
    ...(maxTokens !== undefined && { maxOutputTokens: maxTokens }),
    ...(Object.keys(decoding).length > 0 && { decoding }),
    ...(thinking && { thinking }),
    ...((kb.length > 0 || web) && { sources: { knowledgeBases: kb, web } }),
    ...(panel !== undefined && { panel: await loadSessionPanel(panel, defaults) }),
  };
}

/** Loaded where it is wanted: most sessions have none. */
async function loadSessionPanel(panel: string, defaults: SessionDefaults): Promise<SessionPanel> {
  const { readSessionPanel } = await import('./session-panel.js');
  return readSessionPanel(defaults, panel);
}
