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

/** The path of the Temporal CLI, fetched when it is not there yet. */
export function fetchTemporalCli() {
  return ensureArtefact(temporalCli, {
    home: resolveHome(process.env),
    signal: new AbortController().signal,
    onProgress: () => {},
    env: process.env,
    onNotice: console.error,
  });
}

/** The history of a workflow as JSON, by the Temporal CLI. */
export async function showHistory(cli, address, workflowId) {
  const show = ['workflow', 'show', '--address', address, '--workflow-id', workflowId, '--output', 'json'];
  const { stdout } = await promisify(execFile)(cli, show, { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

/** Writes a history to `histories/FILE.json`. @param roots folders of this machine, which stack traces name and are nobody's business */
export async function saveHistory(history, file, roots = [root]) {
  await mkdir(folder, { recursive: true });
  const text = roots.reduce((shorter, each) => shorter.replaceAll(each, ''), history);
  await writeFile(`${folder}${file}.json`, text);
  console.log(`${file}.json: ${JSON.parse(text).events.length} events`);
}

export async function openRecorder() {
  const path = await fetchTemporalCli();
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const env = await TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'existing-path', path } } });
  const namespace = 'default';
  return {
    env,
    connection: env.nativeConnection,
    namespace,
    client: createColloquyClient({ connection: env.connection, address: env.address, namespace, archive: false }),
    /** Writes the history of a workflow to `histories/FILE.json`. */
    save: async (workflowId, file) => saveHistory(await showHistory(path, env.address, workflowId), file),
  };
}
