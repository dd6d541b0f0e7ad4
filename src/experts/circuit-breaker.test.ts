import { expect, it } from 'vitest';
import { CircuitBreaker } from './circuit-breaker.js';
import { ExpertError } from './expert-error.js';

const DOWN = new ExpertError('Expert.Unavailable', 'down');
const REFUSED = new ExpertError('Expert.Refused', 'no');

function breakerAt(start = 0) {
  let now = start;
  const breaker = new CircuitBreaker({ maxFailures: 3, openMs: 1000, now: () => now });
  let calls = 0;
  const run = (outcome: unknown, server = 'a') =>
    breaker
      .run(
        server,
        async () => {
          calls++;
          if (outcome instanceof Error) throw outcome;
          return outcome;
        },
        (error) => error === DOWN,
      )
      .catch((error: unknown) => (error instanceof ExpertError ? error.type : error));
  return { breaker, run, calls: () => calls, pass: (ms: number) => void (now += ms) };
}

it('opens after failures in a row, tells how long to wait, and lets one call try', async () => {
  const { run, calls, pass } = breakerAt();
  for (let i = 0; i < 3; i++) expect(await run(DOWN)).toBe('Expert.Unavailable');
  pass(400);
  expect(await run('ok')).toBe('Expert.CircuitOpen');
  expect(await run('ok', 'b')).toBe('ok');
  expect(calls()).toBe(4);
  pass(600);
  // The server still fails: the circuit opens again after this one call.
  expect(await run(DOWN)).toBe('Expert.Unavailable');
  expect(await run('ok')).toBe('Expert.CircuitOpen');
  pass(1000);
  expect(await run('ok')).toBe('ok');
  for (let i = 0; i < 2; i++) expect(await run(DOWN)).toBe('Expert.Unavailable');
  expect(await run('ok')).toBe('ok');
});

it('tells the time that is left', async () => {
  const { breaker, run, pass } = breakerAt();
  for (let i = 0; i < 3; i++) await run(DOWN);
  pass(250);
  await expect(
    breaker.run(
      'a',
      async () => 1,
      () => false,
    ),
  ).rejects.toMatchObject({ options: { retryAfterMs: 750 } });
});

it('lets one call at a time try', async () => {
  const { breaker, run, pass } = breakerAt();
  for (let i = 0; i < 3; i++) await run(DOWN);
  pass(1000);
  let finish = (): void => undefined;
  const trying = breaker.run(
    'a',
    () => new Promise<void>((resolve) => (finish = resolve)),
    () => true,
  );
  expect(await run('ok')).toBe('Expert.CircuitOpen');
  finish();
  await trying;
  expect(await run('ok')).toBe('ok');
});

it('counts neither refusals, which show that somebody is there, nor what was cancelled', async () => {
  const { run } = breakerAt();
  for (const outcome of [DOWN, DOWN, REFUSED, DOWN, DOWN]) await run(outcome);
  expect(await run('ok')).toBe('ok');
  const cancelled = new DOMException('stopped', 'AbortError');
  for (const outcome of [DOWN, DOWN, cancelled, DOWN]) await run(outcome);
  expect(await run('ok')).toBe('Expert.CircuitOpen');
});
