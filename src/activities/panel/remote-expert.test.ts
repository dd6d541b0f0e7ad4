import { CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { startLocalServer } from '../../../test/setup/local-server.js';
import { CircuitBreaker } from '../../experts/circuit-breaker.js';
import { createRemoteExpertActivities, type RemoteExpertInput } from './remote-expert.js';

const activities = createRemoteExpertActivities({ breaker: new CircuitBreaker({ maxFailures: 2, openMs: 5_000 }) });
const environmentOf = () => new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
const ask = (url: string, environment = environmentOf()) =>
  environment.run((input: RemoteExpertInput) => activities.askRemoteExpert(input), {
    url,
    intent: 'x',
    idempotencyKey: 'k',
  });

it('gives the answer, or a failure that says whether and when to try again', async () => {
  const statuses = [200, 400, 500, 500];
  await using server = await startLocalServer((_request, response) => {
    response.writeHead(statuses.shift() ?? 200).end('{"response":"ok"}');
  });
  expect(await ask(server.url)).toEqual({ response: 'ok' });
  await expect(ask(server.url)).rejects.toMatchObject({ type: 'Expert.Refused', nonRetryable: true });
  const unavailable = { type: 'Expert.Unavailable', nonRetryable: false, nextRetryDelay: 1000 };
  for (let i = 0; i < 2; i++) await expect(ask(server.url)).rejects.toMatchObject(unavailable);
  await expect(ask(server.url)).rejects.toMatchObject({
    type: 'Expert.CircuitOpen',
    nonRetryable: false,
    nextRetryDelay: expect.closeTo(5_000, -3) as number,
  });
});

it('waits for an expert that says that it thinks, however often', async () => {
  const waits: unknown[] = [];
  await using server = await startLocalServer(({ headers }, response) => {
    waits.push(headers.prefer);
    if (waits.length < 4) response.writeHead(202, { 'retry-after': '0' }).end('{}');
    else response.end('{"response":"at last"}');
  });
  expect(await ask(server.url)).toEqual({ response: 'at last' });
  expect(waits).toEqual(Array(4).fill('wait=4'));
});

it('beats while it waits, and closes the connection when it is cancelled', async () => {
  let isClosed = false;
  await using server = await startLocalServer((_request, response) => {
    response.on('close', () => (isClosed = true));
  });
  const environment = environmentOf();
  let beats = 0;
  environment.on('heartbeat', () => beats++);
  const asking = ask(server.url, environment);
  await expect.poll(() => beats, { timeout: 5000 }).toBeGreaterThan(1);
  environment.cancel('CANCELLED');
  await expect(asking).rejects.toBeInstanceOf(CancelledFailure);
  await expect.poll(() => isClosed).toBe(true);
});
