// A Temporal server whose workflows are recorded for the replay ring. Needs "npm run build".
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { resolveHome } from '../../dist/artefacts/home.js';
import { temporalCli } from '../../dist/artefacts/catalogue.js';
import { ensureArtefact } from '../../dist/artefacts/ensure-artefact.js';
import { createColloquyClient } from '../../dist/client/colloquy-client.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = fileURLToPath(new URL('histories/', import.meta.url));

export async function openRecorder() {
  await mkdir(folder, { recursive: true });
  const path = await ensureArtefact(temporalCli, {
    home: resolveHome(process.env),
    signal: new AbortController().signal,
    onProgress: () => {},
    env: process.env,
    onNotice: console.error,
  });
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const env = await TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'existing-path', path } } });
  const namespace = 'default';
  return {
    env,
    connection: env.nativeConnection,
    namespace,
    client: createColloquyClient({ connection: env.connection, address: env.address, namespace, archive: false }),
    /** Writes the history of a workflow to `histories/FILE.json`. */
    save: async (workflowId, file) => {
      const show = ['workflow', 'show', '--address', env.address, '--workflow-id', workflowId, '--output', 'json'];
      const { stdout } = await promisify(execFile)(path, show, { maxBuffer: 64 * 1024 * 1024 });
      // Stack traces name files of this machine, which are nobody's business.
      await writeFile(`${folder}${file}.json`, stdout.replaceAll(root, ''));
      console.log(`${file}.json: ${JSON.parse(stdout).events.length} events`);
    },
  };
}
