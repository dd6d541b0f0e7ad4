import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { DEV_SERVER_SETTINGS } from '../../src/workers/stack/dev-server-settings.js';
import { SESSION_ATTRIBUTE_KEYS } from '../../src/workflows/search-attributes.js';

/** A file from the set-up. @throws when the set-up did not run: a skipped ring would look like a green one */
export function setUpFile(variable: string): string {
  const path = process.env[variable];
  if (path === undefined)
    throw new Error(`${variable} is not set: run the tests by "npm test" or "npx vitest run --project NAME".`);
  return path;
}

export interface TestServerOptions {
  /** Default: those of `npm start`. */
  readonly settings?: readonly string[];
  /** Default: those of sessions. */
  readonly searchAttributes?: typeof SESSION_ATTRIBUTE_KEYS;
  /** Default: in memory. */
  readonly dbFilename?: string;
}

/** A real Temporal server of its own, set as that of `npm start`. Tear it down after the test file. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestWorkflowEnvironment> {
  const { settings = DEV_SERVER_SETTINGS, searchAttributes = SESSION_ATTRIBUTE_KEYS, dbFilename } = options;
  // Refused messages and killed workers are what is tested: their warnings would only bury a real failure.
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: setUpFile('COLLOQUY_TEST_TEMPORAL_CLI') },
      extraArgs: settings.flatMap((setting) => ['--dynamic-config-value', setting]),
      searchAttributes,
      ...(dbFilename !== undefined && { dbFilename }),
    },
  });
}
