import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createTemporaryFolder } from '../../../test/setup/temporary-folder.js';
import type { TemporaryFolder } from '../../../test/setup/temporary-folder.js';
import { tellWait } from './tell-wait.js';
import type { Terminal } from '../terminal.js';

// No stack runs in this data folder.
let home: TemporaryFolder;
beforeEach(async () => {
  home = await createTemporaryFolder();
  vi.stubEnv('COLLOQUY_HOME', home.path);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await home[Symbol.asyncDispose]();
});

/** What the status line shows after one look at a server where so many answers wait. */
async function statusAfterALook(options: { progressAt?: () => number; waiting: number }): Promise<string | undefined> {
  let shown: string | undefined = options.progressAt === undefined ? undefined : 'waiting: place 1 of 1';
  const looked = new AbortController();
  const terminal = { status: (line?: string) => (shown = line), note: () => undefined } as unknown as Terminal;
  let looks = 0;
  const client = {
    missingWorkers: () => Promise.resolve([]),
    waitingAnswers: () => {
      // The second look comes when the first one's outcome is shown.
      if (++looks > 1) looked.abort();
      return Promise.resolve(options.waiting);
    },
  };
  const lastProgressAt = options.progressAt ?? (() => undefined);
  await tellWait({ client, modelId: 'm', terminal, lastProgressAt }, looked.signal);
  return shown;
}

it('keeps what the worker told last while nothing is known that is newer', async () => {
  const longAgo = performance.now() - 60_000;
  expect(await statusAfterALook({ progressAt: () => longAgo, waiting: 0 })).toBe('waiting: place 1 of 1');
});

it('puts in its place that the turn waits for a worker again', async () => {
  const longAgo = performance.now() - 60_000;
  expect(await statusAfterALook({ progressAt: () => longAgo, waiting: 2 })).toBe(
    'waiting: the model is busy; 2 answers wait for it',
  );
});
