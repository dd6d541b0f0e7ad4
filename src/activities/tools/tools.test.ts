import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { CallToolInput } from '../../domain/tools/tool-call.js';
import { calculator } from '../../tools/calculator.js';
import { clock } from '../../tools/clock.js';
import { defineTool, type ToolContext } from '../../tools/tool.js';
import { createToolRegistry } from '../../tools/tool-registry.js';
import { createToolActivities } from './tools.js';

// These tests use neither a worker nor a server.

const seen: ToolContext[] = [];
const waits = defineTool({
  name: 'waits',
  description: 'Waits until it is stopped.',
  parameters: z.object({}),
  timeoutMs: 60_000,
  maxAttempts: 1,
  run: (_args, context) => {
    seen.push(context);
    return new Promise<string>(() => undefined);
  },
});
const activities = createToolActivities(createToolRegistry([calculator, clock, waits]));
const environmentOf = () => new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
const input = { callId: 'c1', sessionId: 's1', turn: 2 };
const call = (environment: MockActivityEnvironment, tool: string, args = {}) =>
  environment.run((given: CallToolInput) => activities.callTool(given), { ...input, tool, arguments: args });

it('gives the result', async () => {
  expect(await call(environmentOf(), 'calculator', { expression: '17 * 23' })).toEqual({ result: '391' });
});

it.each([
  ['abacus', {}, 'Tool.NotFound', 'There is no tool "abacus". Known: calculator, clock, waits.'],
  ['calculator', { sum: '1' }, 'Tool.InvalidArguments', 'The arguments for "calculator" are wrong: '],
  ['calculator', { expression: '1 /' }, 'Tool.Failed', 'cannot be calculated'],
])('fails for good: %s %j', async (tool, args, type, message) => {
  await expect(call(environmentOf(), tool, args)).rejects.toMatchObject({
    type,
    nonRetryable: true,
    message: expect.stringContaining(message) as string,
  });
});

it('describes the tools that a session names, or says which are not known', async () => {
  const described = await activities.describeTools(['clock', 'calculator']);
  expect(described.map(({ name }) => name)).toEqual(['clock', 'calculator']);
  await expect(activities.describeTools(['clock', 'abacus'])).rejects.toMatchObject({
    type: 'Tool.NotFound',
    nonRetryable: true,
  });
});

it('beats, and hands a cancellation on to the tool', async () => {
  const environment = environmentOf();
  let beats = 0;
  environment.on('heartbeat', () => beats++);
  const calling = call(environment, 'waits');
  await expect.poll(() => beats, { timeout: 5000 }).toBeGreaterThan(1);
  environment.cancel('CANCELLED');
  await expect(calling).rejects.toBeInstanceOf(CancelledFailure);
  expect(seen.at(-1)).toMatchObject({ idempotencyKey: 's1/2/c1', signal: { aborted: true } });
});
