import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createEndingRetries } from './ending-retries.js';

const uncaught: unknown[] = [];
const catchIt = (error: unknown): void => void uncaught.push(error);
beforeEach(() => void process.on('uncaughtException', catchIt));
afterEach(() => void process.off('uncaughtException', catchIt));

it('lets a connection be closed while a call waits to be repeated', async () => {
  const retries = createEndingRetries();
  // Nothing listens on the port of "discard".
  const connection = Connection.lazy({ address: '127.0.0.1:9', interceptors: [retries.interceptor] });
  let state = 'repeating';
  const outcome = connection.workflowService.getSystemInfo({}).catch(() => (state = 'failed'));
  await sleep(400);
  expect(state).toBe('repeating');
  const since = performance.now();
  await retries.end();
  await connection.close();
  expect(performance.now() - since).toBeLessThan(1_500);
  expect(await outcome).toBe('failed');
  await sleep(1_200);
  expect(uncaught).toEqual([]);
});
