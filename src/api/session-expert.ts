import { createHash, randomUUID } from 'node:crypto';
import type { ColloquyClient } from '../client/colloquy-client.js';
import { ColloquyError } from '../client/colloquy-error.js';
import type { SessionHandle } from '../client/session-handle.js';
import type { TurnFailure } from '../domain/session/conversation.js';
import { isFailureType } from '../domain/failure-types.js';
import type { ExpertProfile } from '../domain/panel/expert.js';
import type { SessionSettings } from '../domain/session/session-settings.js';
import { ApiError } from './api-error.js';
import { assertWorkers } from './assert-workers.js';
import type { GivenAnswer, QuestionOptions } from './question-app.js';

/** Maximum number of tokens of an answer. */
const MAX_OUTPUT_TOKENS = 512;

export interface SessionExpertOptions {
  readonly client: ColloquyClient;
  readonly profile: ExpertProfile;
  /** Used where the profile names no model. */
  readonly modelId: string;
  readonly timeoutSeconds: number;
}

/**
 * Answers each question in its own chat session, with the expert's persona; the session ends with the answer. A question with a known key is answered by
 * the session that it started.
 */
export function createSessionExpert(
  options: SessionExpertOptions,
): (intent: string, options: QuestionOptions) => Promise<GivenAnswer> {
  const { client, profile } = options;
  const settings = settingsOf(options);
  return async (intent, { idempotencyKey = randomUUID(), signal }) => {
    await assertWorkers(client, settings.modelId);
    const sessionId = `expert-${profile.name}-${digestOf(`${profile.name}\0${idempotencyKey}`)}`;
    const session = client.session(sessionId);
    const ask = { messageId: digestOf(intent), signal };
    try {
      return { response: await startAndAsk(client, session, intent, { ...settings, sessionId, ask }) };
    } finally {
      // The session may already have ended, or a concurrent request with the same key may end it.
      await session.end().catch(() => undefined);
    }
  };
}

async function startAndAsk(
  client: ColloquyClient,
  session: SessionHandle,
  intent: string,
  start: SessionSettings & { readonly sessionId: string; readonly ask: { messageId: string; signal: AbortSignal } },
): Promise<string> {
  try {
    const { answer } = await client.startSessionWith(intent, start);
    return answer.text;
  } catch (error) {
    if (!(error instanceof ColloquyError) || error.type !== 'SessionExists') throw error;
    return askAgain(session, intent, start.ask);
  }
}

async function askAgain(
  session: SessionHandle,
  intent: string,
  ask: { readonly messageId: string; readonly signal: AbortSignal },
): Promise<string> {
  const { messages } = await session.transcript();
  const asked = messages.find(({ role }) => role === 'user');
  if (asked !== undefined && asked.messageId !== ask.messageId) {
    throw new ApiError(
      422,
      'InvalidRequest',
      'This Idempotency-Key was used for another text. Give each request a key of its own.',
    );
  }
  const answer = messages.find(({ role, messageId }) => role === 'assistant' && messageId === ask.messageId);
  if (answer !== undefined) return answer.text;
  // The turn failed for good; a new key asks again.
  if (asked?.failure !== undefined) throw knownFailure(asked.failure);
  // The message id is the id of the update, so this joins the request that waits for the answer.
  return (await session.send(intent, ask)).text;
}

function knownFailure({ type, message }: TurnFailure): Error {
  return isFailureType(type) ? new ColloquyError(type, message) : new Error(`${type}: ${message}`);
}

function settingsOf({ profile, modelId, timeoutSeconds }: SessionExpertOptions): SessionSettings {
  const { name, persona, responsibility, decoding, tools } = profile;
  return {
    modelId: profile.modelId ?? modelId,
    persona: `${persona}\n\nYour responsibility: ${responsibility} If a question is outside it, say so in one sentence and do not answer it.`,
    personaName: name,
    maxOutputTokens: MAX_OUTPUT_TOKENS,
    // The answer ends with its text so far a little before the server's time limit.
    budget: { turnSeconds: Math.max(1, timeoutSeconds * 0.9) },
    ...(decoding && { decoding }),
    ...(tools && { tools }),
  };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
