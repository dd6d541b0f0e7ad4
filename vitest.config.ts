import { defineConfig } from 'vitest/config';

/** Rings by what they need. `npm test` runs all of them; `npx vitest run --project unit` runs one. */
const ring = (
  name: string,
  include: string[],
  options: { needsSetup: boolean; timeoutMs: number; alone?: boolean },
) => ({
  test: {
    name,
    include,
    // Native addons break in worker threads. source: https://github.com/temporalio/sdk-typescript/issues/876
    pool: 'forks' as const,
    testTimeout: options.timeoutMs,
    // Most files wait for servers and workers more than they compute: three at once. Engines spin on all cores, and what is promised of
    // an idle machine is measured on one: one at a time, at the end.
    fileParallelism: options.alone !== true,
    maxWorkers: options.alone === true ? 1 : 3,
    sequence: { groupOrder: options.alone === true ? 1 : 0 },
    hookTimeout: 120_000,
    // A worker that was just stopped may have been given a task: it is handed out again after 10 s.
    expect: { poll: { timeout: 45_000 } },
    ...(options.needsSetup && { globalSetup: ['test/support/global-setup.ts'] }),
  },
});

const report = process.env.COLLOQUY_TEST_REPORT;

export default defineConfig({
  test: {
    // A file of counts for .ci/run, beside what people read.
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: [
      ring('unit', ['src/**/*.test.ts', 'bench/**/*.test.ts'], { needsSetup: false, timeoutMs: 20_000 }),
      ring('setup', ['test/setup/**/*.test.ts'], { needsSetup: true, timeoutMs: 180_000 }),
      ring('stack', ['test/stack/**/*.test.ts'], { needsSetup: true, timeoutMs: 60_000 }),
      ring('database', ['test/database/**/*.test.ts'], { needsSetup: true, timeoutMs: 60_000 }),
      ring('workflows', ['test/workflows/**/*.test.ts'], { needsSetup: true, timeoutMs: 60_000 }),
      ring('replay', ['test/replay/**/*.test.ts'], { needsSetup: true, timeoutMs: 60_000 }),
      ring('models', ['test/models/**/*.test.ts'], { needsSetup: true, timeoutMs: 180_000, alone: true }),
      ring('durability', ['test/durability/**/*.test.ts'], { needsSetup: true, timeoutMs: 180_000 }),
      ring('cli', ['test/cli/**/*.test.ts'], { needsSetup: true, timeoutMs: 180_000 }),
      ring('timed', ['test/timed/**/*.test.ts'], { needsSetup: true, timeoutMs: 180_000, alone: true }),
      ring('browser', ['test/browser/**/*.test.ts'], { needsSetup: true, timeoutMs: 180_000 }),
    ],
  },
});
