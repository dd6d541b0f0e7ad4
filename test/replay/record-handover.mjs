// Records a session and a panel that one build starts and another one ends, on one data folder and the default model:
//   node test/replay/record-handover.mjs OLD_BUILD NAME
// OLD_BUILD is a checkout of the older version, built. Writes test/replay/histories/chat-session-NAME.json and panel-NAME.json.
// It fails when the newer build does not know what was said to the older one, or does not end its panel.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { resolveHome } from '../../dist/artefacts/home.js';
import { panelWorkflowId } from '../../dist/domain/panel/panel-id.js';
import { sessionWorkflowId } from '../../dist/domain/session/session-id.js';
import { fetchTemporalCli, saveHistory, showHistory } from './recorder.mjs';

const [oldBuild, name] = process.argv.slice(2);
if (oldBuild === undefined || !/^[\w.-]+$/u.test(name ?? '')) {
  console.error('usage: node test/replay/record-handover.mjs OLD_BUILD NAME   e.g. ../before 0.2.0-handover');
  process.exit(1);
}
const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const temporal = await fetchTemporalCli();
const home = await mkdtemp(join(tmpdir(), 'colloquy-handover-'));
await symlink(join(resolveHome(process.env), 'artefacts'), join(home, 'artefacts'));
const [port, uiPort] = [17_233, 18_233];
const env = { ...process.env, COLLOQUY_HOME: home, COLLOQUY_TEMPORAL_PORT: `${port}`, COLLOQUY_UI_PORT: `${uiPort}` };

/** A stack of that build, ready. */
async function startStack(build) {
  const options = ['start', '--no-chat', '--temporal-port', `${port}`, '--ui-port', `${uiPort}`];
  const child = spawn(process.execPath, [join(build, 'bin/colloquy.js'), ...options], { cwd: build, env });
  const ended = new Promise((done) => child.once('close', done));
  await new Promise((ready, fail) => {
    let told = '';
    child.stderr.on('data', (chunk) => {
      told += chunk;
      if (told.includes('Ready.')) ready();
    });
    void ended.then((code) => fail(new Error(`The stack ended with ${code}: ${told}`)));
  });
  return async () => {
    child.kill('SIGINT');
    await ended;
  };
}

async function colloquy(build, ...args) {
  const { stdout } = await run(process.execPath, [join(build, 'bin/colloquy.js'), ...args], { cwd: build, env });
  return JSON.parse(stdout);
}

const oldRoot = resolve(oldBuild);
const show = (workflowId) => showHistory(temporal, `127.0.0.1:${port}`, workflowId);
const save = async (workflowId, file) => saveHistory(await show(workflowId), file, [root, `${oldRoot}/`]);

const panelId = 'handed-over';
let stop = await startStack(oldRoot);
try {
  const { sessionId } = await colloquy(oldRoot, 'send', 'My name is Ada. Say hello.', '--json');
  await colloquy(oldRoot, 'send', 'What is the capital of France?', '--session', sessionId, '--json');
  const experts = 'computer-scientist,law-expert';
  const task = ['panel', 'May a robot drive?', '--experts', experts, '--rounds', '1', '--answer-tokens', '200'];
  const asking = colloquy(oldRoot, ...task, '--id', panelId, '--json').catch(() => undefined);
  // In the middle: an expert is at work.
  const workflowId = panelWorkflowId(panelId);
  const giveUpAt = Date.now() + 300_000;
  while (!(await show(workflowId).catch(() => '')).includes('CHILD_WORKFLOW_EXECUTION_STARTED')) {
    if (Date.now() > giveUpAt) throw new Error('No expert was asked within five minutes.');
    await sleep(300);
  }
  console.log('the older build ends while the panel runs');
  await stop();
  await asking;
  stop = await startStack(root);
  const { turn } = await colloquy(root, 'send', 'And of Italy?', '--session', sessionId, '--json');
  if (turn !== 3) throw new Error(`The session is at turn ${turn}, not 3.`);
  const result = await colloquy(root, 'panel', 'show', panelId, '--json');
  console.log(`the newer build ended the panel: ${result.outcome ?? JSON.stringify(result).slice(0, 200)}`);
  await save(sessionWorkflowId(sessionId), `chat-session-${name}`);
  await save(workflowId, `panel-${name}`);
} finally {
  await stop();
  await rm(home, { recursive: true, force: true, maxRetries: 3 });
}
