import { expect, it } from 'vitest';
import { NativeProcess } from './native-process.js';
import type { NativeAnswer } from './native-report.js';

type Ask = { readonly type: 'ask'; readonly id: number } | { readonly type: 'open'; readonly options: object };

/** Behaviour towards questions about the progress of opening. */
interface Opening {
  readonly advancesFor?: number;
  readonly opensAfter?: number;
  readonly isMute?: boolean;
}

/** Starts an engine that is alive and answers pings; its progress continues for this many of them. */
function start(options: {
  readonly advancesFor: number;
  readonly answersAfter?: number;
  readonly opening?: Opening;
  readonly openingStallMs?: number;
}) {
  const notices: string[] = [];
  const process = new NativeProcess<Ask, object, NativeAnswer>({
    modelId: 'm',
    entry: new URL('../../../test/support/slow-engine.mjs', import.meta.url),
    poolThreads: 1,
    open: { type: 'open', options },
    onNotice: (notice) => notices.push(notice),
    watch: { pingMs: 20, silenceMs: 10_000, stallMs: 200, openingStallMs: options.openingStallMs ?? 60_000 },
  });
  return { process, notices, ask: () => process.request((id) => ({ type: 'ask', id })) };
}

it('an engine that lives and makes no progress fails its requests, retryably, and is started again', async () => {
  const { process, notices, ask } = start({ advancesFor: 0 });
  await process.opened;
  await expect(ask()).rejects.toMatchObject({
    type: 'Model.Unavailable',
    message: expect.stringContaining('no progress') as string,
    options: { retryAfterMs: 100 },
  });
  await expect.poll(() => process.ended).toBe(true);
  expect(notices).toContainEqual(expect.stringContaining('made no progress with a request'));
});

it('an engine that comes further is waited for, however long it takes', async () => {
  const { process, ask } = start({ advancesFor: 1_000, answersAfter: 60 });
  await process.opened;
  const startedAt = performance.now();
  await expect(ask()).resolves.toMatchObject({ type: 'result' });
  expect(performance.now() - startedAt).toBeGreaterThan(1_000);
  await process.dispose();
});

it.each([{ isMute: true }, {}])(
  'an engine that starts and never has its model open is given up, retryably: %j',
  async (opening) => {
    const { process } = start({ advancesFor: 0, opening, openingStallMs: 200 });
    await expect(process.opened).rejects.toMatchObject({
      type: 'Model.Unavailable',
      message: expect.stringMatching(/Model "m" was not opened: .*no progress with loading it for 0\.2 s/u) as string,
      options: { retryAfterMs: 1000 },
    });
    await expect.poll(() => process.ended).toBe(true);
  },
);

it('an engine that takes long to open its model is waited for, and watched at its work then', async () => {
  const { process, ask } = start({ advancesFor: 0, opening: { advancesFor: 10, opensAfter: 20 } });
  await process.opened;
  await expect(ask()).rejects.toMatchObject({ message: expect.stringContaining('with a request') as string });
  await process.dispose();
});
