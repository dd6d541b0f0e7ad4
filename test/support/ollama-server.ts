import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { listenOnFreePort } from '../setup/local-server.js';

export interface OllamaServer {
  /** Host and port, as `OLLAMA_HOST` takes it. */
  readonly host: string;
  /** Creates a model of the same weights with another Modelfile. `rest` follows its `FROM` line. */
  create(name: string, rest: string): Promise<void>;
  /** What it has logged since it started. */
  log(): string;
  stop(): Promise<void>;
}

export const CONTEXT_TOKENS = 1024;

const run = promisify(execFile);

/** The server that tests use. Undefined, with a printed reason, where there is no Ollama and no way to build it. */
export async function startOllama(modelName: string, modelPath: string): Promise<OllamaServer | undefined> {
  const program = await ollamaProgram();
  // One thread: the machine is shared, and threads that wait for each other are slower than one.
  return program === undefined
    ? undefined
    : startOllamaServer({ program, modelName, modelPath, threads: 1, sequences: 2 });
}

/** Starts a server on a free port, with a model folder of its own, and gives it `modelPath` under `modelName`. */
export async function startOllamaServer(options: {
  readonly program: string;
  readonly modelName: string;
  readonly modelPath: string;
  /** For each model. */
  readonly threads: number;
  /** Requests that it serves at the same time. */
  readonly sequences: number;
}): Promise<OllamaServer> {
  const { program, modelName, modelPath, threads, sequences } = options;
  const folder = await mkdtemp(join(tmpdir(), 'colloquy-ollama-'));
  const probe = createServer();
  const host = `127.0.0.1:${await listenOnFreePort(probe)}`;
  probe.close();
  const env = {
    ...process.env,
    HOME: folder,
    OLLAMA_HOST: host,
    OLLAMA_MODELS: join(folder, 'models'),
    OLLAMA_NUM_PARALLEL: String(sequences),
    OLLAMA_KEEP_ALIVE: '10m',
    // For its `/v1`, where requests cannot say it: the same for both, or the model is loaded anew at each change.
    OLLAMA_CONTEXT_LENGTH: String(CONTEXT_TOKENS),
    OLLAMA_DEBUG: '1',
  };
  const server = spawn(program, ['serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (chunk) => output.push(String(chunk)));
  const ended = once(server, 'exit');
  const stop = async (): Promise<void> => {
    server.kill();
    await Promise.race([ended, sleep(10_000).then(() => server.kill('SIGKILL'))]);
    await rm(folder, { recursive: true, force: true });
  };
  const create = async (name: string, rest: string): Promise<void> => {
    const modelfile = join(folder, 'Modelfile');
    await writeFile(modelfile, `FROM ${modelPath}\nPARAMETER num_thread ${threads}\n${rest}`);
    await run(program, ['create', name, '-f', modelfile], { env });
  };
  try {
    await answering(host, ended);
    await create(modelName, '');
    return { host, create, stop, log: () => output.join('') };
  } catch (error) {
    await stop();
    throw new Error(`Ollama did not start:\n${output.join('').slice(-2000)}`, { cause: error });
  }
}

async function ollamaProgram(): Promise<string | undefined> {
  const script = fileURLToPath(new URL('../../scripts/get-ollama.sh', import.meta.url));
  const { stdout, stderr } = await run('bash', [script], { maxBuffer: 2 ** 26 });
  const path = stdout.trim();
  if (path !== '') return path;
  process.stderr.write(`skipped: tests on Ollama: ${stderr.trim()}\n`);
  return undefined;
}

async function answering(host: string, ended: Promise<unknown>): Promise<void> {
  const died = ended.then(() => {
    throw new Error('it ended');
  });
  died.catch(() => undefined);
  for (const until = Date.now() + 30_000; Date.now() < until; await Promise.race([sleep(50), died])) {
    const response = await fetch(`http://${host}/api/version`).catch(() => undefined);
    if (response?.ok) return;
  }
  throw new Error('nothing answers');
}
