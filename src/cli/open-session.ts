import type { ColloquyClient } from '../client/colloquy-client.js';
import { sessionClosed } from '../client/colloquy-error.js';
import type { SessionHandle } from '../client/session-handle.js';
import { modelIdOf } from '../workers/resolve-model.js';
import { CliError } from './cli-error.js';
import { resolvePersona } from './persona.js';

/** Options of the commands that talk in a session. */
export interface SessionOptions {
  readonly session?: string;
  readonly model?: string;
  readonly persona?: string;
}

export interface ChosenSession {
  readonly session: SessionHandle;
  readonly modelId: string;
}

/** What a new session gets when the command does not say. */
export interface SessionDefaults {
  readonly model: string;
  readonly persona: string | undefined;
}

/** The session that is asked for, else a new one. @throws what the two below throw; {CliError} when both are asked for */
export async function chooseSession(
  client: ColloquyClient,
  { session, model, persona }: SessionOptions,
  defaults: SessionDefaults,
): Promise<ChosenSession> {
  if (session === undefined) return startSession(client, { model, persona, defaults });
  if (persona !== undefined || model !== undefined) {
    throw new CliError(
      '--model and --persona belong to a new session: a session keeps its own. Leave them or --session away.',
    );
  }
  return openSession(client, { session });
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

/** A new session. @throws {ModelError} `Model.NotFound`; {CliError} for a persona that cannot be used */
export async function startSession(
  client: ColloquyClient,
  { model, persona, defaults }: Pick<SessionOptions, 'model' | 'persona'> & { readonly defaults: SessionDefaults },
): Promise<ChosenSession> {
  const modelId = modelIdOf(model ?? defaults.model);
  const text = await resolvePersona(persona ?? defaults.persona);
  return { session: await client.startSession({ modelId, persona: text }), modelId };
}
