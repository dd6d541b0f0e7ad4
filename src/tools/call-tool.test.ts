import { expect, it } from 'vitest';
import { z } from 'zod';
import { callTool } from './call-tool.js';
import { defineTool, type ToolContext, type ToolResult } from './tool.js';
import { ToolError } from './tool-error.js';

const toolOf = (run: (args: { n: number }, context: ToolContext) => ToolResult | Promise<ToolResult>) =>
  defineTool({
    name: 'test',
    description: 'For tests.',
    parameters: z.object({ n: z.int().max(5).default(1) }),
    timeoutMs: 100,
    maxAttempts: 1,
    run,
  });
const calling = (run: Parameters<typeof toolOf>[0], args: unknown = {}, signal = new AbortController().signal) =>
  callTool(toolOf(run), args, { signal, idempotencyKey: 's/1/c' });

it('gives what the tool gives, as text', async () => {
  expect(await calling(({ n }) => `n is ${n}`)).toBe('n is 1');
  expect(await calling(({ n }) => [n, { half: n / 2 }], { n: 3 })).toBe('[3,{"half":1.5}]');
  expect(await calling((_args, { idempotencyKey }) => idempotencyKey)).toBe('s/1/c');
  expect(await calling(() => 'half \uD800')).toBe('half \u{fffd}');
});

it('checks arguments before anything is run', async () => {
  let ran = false;
  const run = () => ((ran = true), '');
  await expect(calling(run, { n: 7 })).rejects.toMatchObject({
    type: 'Tool.InvalidArguments',
    isRetryable: false,
    message: expect.stringMatching(/^The arguments for "test" are wrong: .*<=5.* at n$/u) as string,
  });
  await expect(calling(run, 'n')).rejects.toMatchObject({ type: 'Tool.InvalidArguments' });
  expect(ran).toBe(false);
});

it('cuts a result that is too large, at a character, and says so', async () => {
  const result = await calling(() => '中'.repeat(40_000));
  expect(Buffer.byteLength(result)).toBeLessThanOrEqual(65_536);
  expect(result).toMatch(/^中+\n\[cut here: the result has 120,000 bytes\]$/u);
});

it('ends at the time limit, also when the tool heeds no signal', async () => {
  const late = { type: 'Tool.TimedOut', isRetryable: true, message: 'Tool "test" took longer than 100 ms.' };
  await expect(calling(() => new Promise(() => undefined))).rejects.toMatchObject(late);
  const heedful = (_args: unknown, { signal }: ToolContext) =>
    new Promise<string>((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
  await expect(calling(heedful)).rejects.toMatchObject(late);
});

it('stops with the caller, for the reason of the caller', async () => {
  const caller = new AbortController();
  let toolStopped = false;
  const answer = calling(
    (_args, { signal }) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => {
          toolStopped = true;
          reject(new Error('of the tool'));
        }),
      ),
    {},
    caller.signal,
  );
  caller.abort(new Error('of the caller'));
  await expect(answer).rejects.toThrow('of the caller');
  expect(toolStopped).toBe(true);
});

it('tells a failure that the tool foresaw from one that it did not', async () => {
  const foreseen = new ToolError('Tool.Failed', 'Division by zero.');
  await expect(calling(() => Promise.reject(foreseen))).rejects.toBe(foreseen);
  expect(foreseen.isRetryable).toBe(false);
  await expect(
    calling(() => {
      throw new TypeError('x is undefined');
    }),
  ).rejects.toMatchObject({ type: 'Tool.Failed', isRetryable: true, message: 'Tool "test" failed: x is undefined' });
  await expect(calling(() => undefined as never)).rejects.toMatchObject({
    type: 'Tool.Failed',
    message: 'Tool "test" gave neither text nor a JSON value.',
  });
});
