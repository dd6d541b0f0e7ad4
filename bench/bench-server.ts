import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { temporalCli } from '../src/artefacts/catalogue.js';
import { fetchArtefact } from './fetch-artefact.js';
import { createSessionStack } from '../test/support/session-stack.js';
import type { SessionStack } from '../test/support/session-stack.js';
import { startTestServer } from '../test/support/temporal.js';
import type { BenchOptions } from './bench-row.js';

/** A Temporal server that holds all in memory, and a worker for workflows in this process. Close both, the stack first. */
export async function startBenchServer({
  onNotice,
  signal,
}: BenchOptions): Promise<{ readonly env: TestWorkflowEnvironment; readonly sessions: SessionStack }> {
  process.env.COLLOQUY_TEST_TEMPORAL_CLI = await fetchArtefact(temporalCli, { onNotice, signal });
  const env = await startTestServer();
  const sessions = createSessionStack(env);
  await sessions.startSessionsWorker();
  return { env, sessions };
}
