import type { Command } from 'commander';
import type { ColloquyClient } from '../client/colloquy-client.js';
import { sessionClosed } from '../client/colloquy-error.js';
import type { SessionHandle } from '../client/session-handle.js';
import type { Config } from '../config.js';
import type { SessionPanel } from '../domain/panel/panel.js';
import type { SessionSettings } from '../domain/session-settings.js';
import { modelIdOf } from '../workers/resolve-model.js';
import { CliError } from './cli-error.js';
import { nameList } from './option-parsers.js';
import { resolvePersona } from './persona.js';

/** What a new session is made with. */
export interface NewSessionOptions {
  readonly model?: string;
  readonly persona?: string;
  readonly user?: string;
  readonly tools?: readonly string[];
  readonly panel?: string;
  readonly kb?: readonly string[];
  readonly web?: boolean;
}

/** Options of the commands that talk in a session. */
export interface SessionOptions extends NewSessionOptions {
  readonly session?: string;
}

export interface ChosenSession {
  readonly session: SessionHandle;
  readonly modelId: string;
}

/** What a new session gets when the command does not say. */
export type SessionDefaults = Pick<Config, 'model' | 'persona' | 'experts' | 'tools' | 'fetchAllow'>;

/** Adds those of `NewSessionOptions`. */
export function addNewSessionOptions(command: Command, model = 'model of a new session'): Command {
  return command
    .option('-m, --model <model>', model)
    .option('-p, --persona <text>', 'persona of a new session: text, or @file')
    .option('-u, --user <id>', 'whose session it is: usage is summed, and service shared, by it')
    .option('--tools <name...>', 'tools that a new session may call, see "colloquy tools list"')
    .option('--panel <file>', 'a panel that answers the turns of a new session: a file, or the name of a ready one')
    .option('--kb <names>', 'knowledge bases that its answers are drawn from, with commas between', nameList)
    .option('--web', 'draw its answers from the web, too');
}

/** The session that is asked for, else a new one. @throws what the two below throw; {CliError} when both are asked for */
export async function chooseSession(
  client: ColloquyClient,
  options: SessionOptions,
  defaults: SessionDefaults,
): Promise<ChosenSession> {
  const { session } = options;
  if (session === undefined) return startSession(client, options, defaults);
  assertNoneGiven(options);
  return openSession(client, { session });
}

/** @throws {CliError} for options of a new session where an earlier one goes on */
export function assertNoneGiven({ model, persona, user, tools, panel, kb, web }: NewSessionOptions): void {
  const given = Object.entries({ model, persona, user, tools, panel, kb, web }).filter(
    ([, value]) => value !== undefined,
  );
  if (given.length === 0) return;
  const names = given.map(([name]) => `--${name}`).join(' and ');
  throw new CliError(
    `${names} ${given.length === 1 ? 'belongs' : 'belong'} to a new session: leave it or --session away. ` +
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
  return { session, modelId };
}

/** A new session. @throws what `newSessionSettings` throws; {ColloquyError} `InvalidRequest` */
export async function startSession(
  client: ColloquyClient,
  options: NewSessionOptions,
  defaults: SessionDefaults,
): Promise<ChosenSession> {
  const settings = await newSessionSettings(options, defaults);
  return { session: await client.startSession(settings), modelId: settings.modelId };
}

/** @throws {ModelError} `Model.NotFound`; {CliError} for a persona that cannot be used; {FileFaultsError} for such a panel */
export async function newSessionSettings(
  { model, persona, user, tools, panel, kb = [], web = false }: NewSessionOptions,
  defaults: SessionDefaults,
): Promise<SessionSettings> {
  const modelId = modelIdOf(model ?? defaults.model);
  return {
    modelId,
    persona: await resolvePersona(persona ?? defaults.persona),
    userId: user,
    tools,
    ...((kb.length > 0 || web) && { sources: { knowledgeBases: kb, web } }),
    ...(panel !== undefined && { panel: await loadSessionPanel(panel, defaults) }),
  };
}

/** Loaded where it is wanted: most sessions have none. */
async function loadSessionPanel(panel: string, defaults: SessionDefaults): Promise<SessionPanel> {
  const { readSessionPanel } = await import('./session-panel.js');
  return readSessionPanel(defaults, panel);
}
