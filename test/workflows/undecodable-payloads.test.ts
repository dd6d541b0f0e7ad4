import { Client } from '@temporalio/client';
import type { WorkflowHandle } from '@temporalio/client';
import { RawValue } from '@temporalio/common';
import type { Payload } from '@temporalio/common';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createScriptedModel } from '../../src/inference/scripted-model.js';
import { SESSIONS_TASK_QUEUE } from '../../src/domain/task-queues.js';
import { WORKFLOW_SCHEMAS } from '../../src/workflows/workflow-schemas.js';
import { createSessionStack } from '../support/session-stack.js';
import type { SessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';

let env: TestWorkflowEnvironment;
let stack: SessionStack;
let raw: Client;
const model = createScriptedModel(() => 'Yes.', { modelId: 'scripted-undecodable' });
beforeAll(async () => {
  env = await startTestServer();
  stack = createSessionStack(env);
  await stack.startSessionsWorker();
  await stack.startModelWorker(model);
  raw = new Client({ connection: env.connection, namespace: env.namespace });
});
afterAll(async () => {
  await stack.close();
  await env.teardown();
});

const bytes = (text: string): Uint8Array => Buffer.from(text);
const json = { encoding: bytes('json/plain') };
const WRONG: Readonly<Record<string, Payload>> = {
  'no JSON': { metadata: json, data: bytes('{"text": ') },
  'no data': { metadata: json },
  'no bytes': { metadata: json, data: bytes('') },
  'broken UTF-8': { metadata: json, data: Buffer.concat([bytes('{"text":"'), Buffer.of(0xc3, 0x28), bytes('"}')]) },
  'bytes that are no text': { metadata: json, data: Buffer.of(0xff, 0xfe, 0, 1) },
  binary: { metadata: { encoding: bytes('binary/plain') }, data: Buffer.of(1, 2, 3) },
  'empty binary': { metadata: { encoding: bytes('binary/plain') }, data: bytes('') },
  protobuf: { metadata: { encoding: bytes('json/protobuf') }, data: bytes('{}') },
  'another encoding': { metadata: { encoding: bytes('binary/encrypted') }, data: Buffer.of(1) },
  'an encoding that is no text': { metadata: { encoding: Buffer.of(0xff, 0xed, 0xa0, 0x80) }, data: bytes('{}') },
  'no encoding': { metadata: {}, data: bytes('{}') },
};
const kinds = Object.entries(WRONG);

function within<T>(promise: Promise<T>, about: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`wedged: ${about}`)), 15_000);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function failedTasks(handle: WorkflowHandle): Promise<string[]> {
  const { events } = await handle.fetchHistory();
  return (events ?? [])
    .flatMap(({ workflowTaskFailedEventAttributes: failed }) => failed?.failure?.message ?? [])
    .filter((message) => message !== 'UnhandledCommand');
}

let count = 0;
async function start(type: string, argument: unknown): Promise<WorkflowHandle> {
  const workflowId = `undecodable/${type}/${++count}`;
  return raw.workflow.start(type, { taskQueue: SESSIONS_TASK_QUEUE, workflowId, args: [argument] });
}

const refused = { cause: { type: 'InvalidRequest' } };

describe.each(kinds)('%s', (kind, payload) => {
  it('fails each workflow that is started with it', async () => {
    for (const type of Object.keys(WORKFLOW_SCHEMAS)) {
      const handle = await start(type, RawValue.fromPayload(payload));
      const result = handle.result().catch((reason: unknown) => reason);
      expect(await within(result, `${type}, ${kind}`)).toMatchObject(refused);
      expect(await failedTasks(handle)).toEqual([]);
    }
  });

  it('is refused by each message of a session, which goes on', async () => {
    const { modelId } = model;
    const sessionId = stack.newId('s');
    const handle = await start('chatSessionWorkflow', { sessionId, settings: { modelId }, archive: false });
    const argument = RawValue.fromPayload(payload);
    for (const name of ['userTurn', 'cancelTurn', 'endSession']) await handle.signal(name, argument);
    for (const name of WORKFLOW_SCHEMAS.chatSessionWorkflow.messages.keys()) {
      if (['userTurn', 'cancelTurn', 'endSession'].includes(name)) continue;
      const sent = name.startsWith('get')
        ? handle.query(name, argument)
        : handle.executeUpdate(name, { args: [argument] });
      const error: unknown = await within(
        sent.catch((reason: unknown) => reason),
        `${name}, ${kind}`,
      );
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      expect(`${name}: ${JSON.stringify(cause)} ${String(cause)}`).toMatch(
        // The SDK's client names each query that fails so.
        name.startsWith('get') ? /QueryNotRegistered.*: The argument / : /InvalidRequest/,
      );
    }
    const answer = handle.executeUpdate('sendMessage', { args: [{ messageId: 'm', text: 'Are you there?' }] });
    expect(await within(answer, kind)).toMatchObject({ text: 'Yes.' });
    expect(await failedTasks(handle)).toEqual([]);
    await handle.terminate();
  });
});

it('a text in which U+FFFD was sent is taken', async () => {
  const { modelId } = model;
  const session = await stack.client.startSession({ modelId });
  await session.send('What is \uFFFD?');
  expect((await session.transcript()).messages[0]?.text).toBe('What is \uFFFD?');
});
