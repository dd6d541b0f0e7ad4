import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { temporalCli } from '../src/artefacts/catalogue.js';
import { ensureArtefact } from '../src/artefacts/ensure-artefact.js';
import { resolveHome } from '../src/artefacts/home.js';
import { createSessionStack } from '../test/support/session-stack.js';
import type { SessionStack } from '../test/support/session-stack.js';
import { startTestServer } from '../test/support/temporal.js';
import type { BenchOptions } from './bench-row.js';

/** A Temporal server that holds all in memory, and a worker for workflows in this process. Close both, the stack first. */
export async function startBenchServer({
  onNotice,
  signal,
}: BenchOptions): Promise<{ readonly env: TestWorkflowEnvironment; readonly sessions: SessionStack }> {
  const home = resolveHome(process.env);
  process.env.COLLOQUY_TEST_TEMPORAL_CLI = await ensureArtefact(temporalCli, {
    home,
    signal,
    onNotice,
    onProgress: () => undefined,
    env: process.env,
  });
  const env = await startTestServer();
  const sessions = createSessionStack(env);
  await sessions.startSessionsWorker();
  return { env, sessions };
}
