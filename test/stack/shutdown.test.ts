import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { compileSources, program } from './compiled.js';
import { run, type Running } from './running.js';

const sources = compileSources();

async function start(behaviour = ''): Promise<Running> {
  const running = run(program('shutdown.mjs'), sources, behaviour);
  expect(await running.nextLine()).toBe('running');
  return running;
}

/** What the program prints until it ends, and its exit code. */
async function outcome({ child, nextLine }: Running): Promise<{ lines: unknown[]; code: unknown }> {
  const exited = once(child, 'exit');
  const lines: unknown[] = [];
  for (;;) {
    const line = await nextLine().catch(() => undefined);
    if (line === undefined) break;
    lines.push(line);
  }
  return { lines, code: (await exited)[0] };
}

const allClosed = ['shutting down', 'chat closed', 'workers closed', 'server closed'];

describe('a process with a shutdown', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'closes its parts in reverse order on %s, and ends with 0',
    async (signal) => {
      const running = await start();
      running.child.kill(signal);
      expect(await outcome(running)).toEqual({ lines: allClosed, code: 0 });
    },
  );

  test('takes a signal that arrives twice at once for one, as under npm', async () => {
    const running = await start();
    running.child.kill('SIGINT');
    await sleep(30);
    running.child.kill('SIGINT');
    expect(await outcome(running)).toEqual({ lines: allClosed, code: 0 });
  });

  test('ends at once on a second Ctrl-C', async () => {
    const running = await start('slow');
    running.child.kill('SIGINT');
    await sleep(700);
    running.child.kill('SIGINT');
    expect(await outcome(running)).toEqual({ lines: ['shutting down', 'chat closed'], code: 130 });
  });

  test('does not let a later SIGTERM interrupt what a SIGINT began', async () => {
    const running = await start();
    running.child.kill('SIGINT');
    running.child.kill('SIGTERM');
    expect(await outcome(running)).toEqual({ lines: allClosed, code: 0 });
  });

  test('closes the rest when one part fails, and ends with 1', async () => {
    const running = await start('fails');
    running.child.kill('SIGINT');
    const lines = ['shutting down', 'chat closed', { notice: 'Closing workers failed: no' }, 'server closed'];
    expect(await outcome(running)).toEqual({ lines, code: 1 });
  });

  test('closes the rest when one part takes too long, and ends with 1', async () => {
    const running = await start('overruns');
    running.child.kill('SIGINT');
    const notice = 'Closing workers takes longer than 0.01 s; not waiting for it.';
    expect(await outcome(running)).toEqual({
      lines: ['shutting down', 'chat closed', { notice }, 'server closed'],
      code: 1,
    });
  });
});
