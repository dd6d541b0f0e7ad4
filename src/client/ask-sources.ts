import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { faultOfQuestion, SOURCED_MESSAGE_ID } from '../domain/session/sourced-question.js';
import type { SourcedQuestion, SourcedResult } from '../domain/session/sourced-question.js';
import { nameSources } from '../domain/answer/answer-sources.js';
import { SESSIONS_TASK_QUEUE } from '../domain/task-queues.js';
import { excerpt } from '../domain/text.js';
import { createShownAnswer } from '../streaming/shown-answer.js';
import type { TokenSubscriber } from '../streaming/token-stream.js';
import type { answerWithSourcesWorkflow } from '../workflows/answer/answer-with-sources.js';
import { ColloquyError } from './colloquy-error.js';
import type { KnowledgeClient } from './knowledge-client.js';
import { toKnowledgeError } from './knowledge-error.js';
import { readStream } from './read-stream.js';
import type { AnswerProgress } from './read-stream.js';

export interface AskSourcesOptions extends Omit<SourcedQuestion, 'answerId' | 'question'> {
  /** Called with each new piece of the answer, as it is written. Without a stream: once, with the whole answer. */
  readonly onText?: (text: string) => void;
  /** Called while the answer waits for a place in the model, and while its prompt is read. Without a stream: never. */
  readonly onProgress?: (progress: AnswerProgress) => void;
  /** Stops the answer. The text written so far is then the answer; without any, `TurnCancelled` is thrown. */
  readonly signal?: AbortSignal;
}

interface Parts {
  readonly client: Client;
  readonly address: string;
  readonly stream?: TokenSubscriber;
  readonly knowledge: Pick<KnowledgeClient, 'list'>;
}

/** If knowledge bases cannot be listed within this time, they are searched anyway; the answer then reports failures. */
const LIST_LIMIT_MS = 10_000;

/** @throws {ColloquyError} */
export async function askSources(
  { client, address, stream, knowledge }: Parts,
  question: SourcedQuestion,
  { onText, onProgress, signal }: Pick<AskSourcesOptions, 'onText' | 'onProgress' | 'signal'>,
): Promise<SourcedResult> {
  const fault = faultOfQuestion(question);
  if (fault !== undefined) throw new ColloquyError('InvalidRequest', fault);
  const { answerId, sources } = question;
  await assertKnown(knowledge, sources.knowledgeBases ?? []);
  const shown = createShownAnswer();
  const show = (news: string): void => {
    if (news !== '') onText?.(news);
  };
  const done = new AbortController();
  const reading =
    stream && (onText ?? onProgress)
      ? readStream(stream, answerId, SOURCED_MESSAGE_ID, done.signal, {
          onText: (delta) => show(shown.add(delta)),
          onProgress,
        })
      : undefined;
  let stop: (() => void) | undefined;
  try {
    const handle = await client.workflow.start<typeof answerWithSourcesWorkflow>('answerWithSourcesWorkflow', {
      workflowId: `answer/${answerId}`,
      taskQueue: SESSIONS_TASK_QUEUE,
      args: [question],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: `Answer with sources: ${excerpt(question.question, 150)}`,
      staticDetails: `Sources: ${nameSources(sources)}`,
    });
    stop = (): void => void handle.cancel().catch(() => undefined);
    if (signal?.aborted) stop();
    signal?.addEventListener('abort', stop, { once: true });
    const result = await handle.result();
    show(shown.complete(result.text));
    return result;
  } catch (error) {
    throw toKnowledgeError(error, { address });
  } finally {
    if (stop) signal?.removeEventListener('abort', stop);
    done.abort();
    await reading;
  }
}

/** @throws {ColloquyError} `Retrieval.NotFound`, which names those that exist */
export async function assertKnown(knowledge: Pick<KnowledgeClient, 'list'>, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  const timer = new AbortController();
  const known = await Promise.race([
    knowledge.list().catch(() => undefined),
    sleep(LIST_LIMIT_MS, undefined, { signal: timer.signal }).catch(() => undefined),
  ]);
  timer.abort();
  if (known === undefined) return;
  const exist = known.map(({ name }) => name);
  const missing = names.filter((name) => !exist.includes(name));
  if (missing.length === 0) return;
  const wrong = missing.map((name) => `"${name}"`).join(' and ');
  throw new ColloquyError(
    'Retrieval.NotFound',
    exist.length === 0
      ? `There is no knowledge base ${wrong}; none exist yet. Create one: colloquy kb create NAME`
      : `There is no knowledge base ${wrong}. Existing ones: ${exist.join(', ')}.`,
  );
}
