import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';

/** A file from the set-up. @throws when the set-up did not run: a skipped ring would look like a green one */
export function setUpFile(variable: string): string {
  const path = process.env[variable];
  if (path === undefined)
    throw new Error(`${variable} is not set: run the tests by "npm test" or "npx vitest run --project NAME".`);
  return path;
}

/** A real Temporal server of its own, in memory. Tear it down after the test file. */
export async function startTestServer(): Promise<TestWorkflowEnvironment> {
  // Refused messages and killed workers are what is tested: their warnings would only bury a real failure.
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  return TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'existing-path', path: setUpFile('COLLOQUY_TEST_TEMPORAL_CLI') } },
  });
}
