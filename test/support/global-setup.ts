import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { multilingualE5Small, smollm2, temporalCli } from '../../src/artefacts/catalogue.js';
import { ensureArtefact } from '../../src/artefacts/ensure-artefact.js';
import { resolveHome } from '../../src/artefacts/home.js';
import { createProgressBar } from '../../src/artefacts/progress-bar.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Gets what the rings stand on: the built program, the Temporal CLI and the models, from the same sources and into the same cache as
 * `npm start`. Tests find them by the environment variables set here.
 */
export default async function setup(): Promise<void> {
  await promisify(execFile)('npm', ['run', '--silent', 'build'], { cwd: root });
  const home = resolveHome(process.env);
  const bar = createProgressBar(process.stderr);
  const ensure = (artefact: typeof smollm2): Promise<string> =>
    ensureArtefact(artefact, {
      home,
      env: process.env,
      signal: new AbortController().signal,
      onProgress: bar.onProgress,
      onNotice: bar.onNotice,
    });
  try {
    process.env.COLLOQUY_TEST_TEMPORAL_CLI = await ensure(temporalCli);
    process.env.COLLOQUY_TEST_MODEL = await ensure(smollm2);
    process.env.COLLOQUY_TEST_EMBEDDING_MODEL = await ensure(multilingualE5Small);
  } finally {
    bar.stop();
  }
}
