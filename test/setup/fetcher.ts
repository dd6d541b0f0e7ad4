import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Artefact } from '../../src/artefacts/artefact.js';

const root = resolve(import.meta.dirname, '../..');

const program = `
import { ensureArtefact } from './artefacts/ensure-artefact.js';
const [artefact, home] = process.argv.slice(2);
const print = (line) => process.stdout.write(line + '\\n');
const options = { home, env: process.env, signal: new AbortController().signal, onNotice: print, onProgress: ({ bytes }) => print('bytes ' + bytes) };
ensureArtefact(JSON.parse(artefact), options).then(
  (path) => print('fetched ' + path),
  (error) => { print(error.name + ' ' + error.kind + ': ' + error.message); process.exitCode = 1; },
);
`;

/** A process of its own that ensures one artefact, to be waited for or killed. */
export interface Fetcher {
  readonly child: ChildProcess;
  /** What it printed so far: notices, progress, and at last the path or the error. */
  readonly output: () => string;
  /** Resolves when the output holds this text; rejects when the process ends without it. */
  readonly printed: (text: string) => Promise<void>;
  readonly ended: Promise<number | null>;
}

/** Compiles the set-up into `folder`, from the sources as they are now; gives the program that `startFetcher` runs. */
export async function buildFetcher(folder: string): Promise<string> {
  const compilerOptions = {
    noEmit: false,
    rootDir: join(root, 'src'),
    outDir: join(folder, 'dist'),
    typeRoots: [join(root, 'node_modules/@types')],
  };
  const files = [join(root, 'src/artefacts/ensure-artefact.ts')];
  const config = { extends: join(root, 'tsconfig.json'), compilerOptions, files, include: [] };
  await mkdir(join(folder, 'dist'), { recursive: true });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir');
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  await promisify(execFile)(process.execPath, [compiler, '-p', join(folder, 'tsconfig.json')]);
  const path = join(folder, 'dist', 'fetcher.js');
  await writeFile(path, program);
  return path;
}

export function startFetcher(programPath: string, artefact: Artefact, home: string): Fetcher {
  const child = spawn(process.execPath, [programPath, JSON.stringify(artefact), home], { stdio: 'pipe' });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<number | null>((done) => child.once('close', done));
  const printed = (text: string): Promise<void> =>
    new Promise((done, fail) => {
      const look = (): void => {
        if (output.includes(text)) done();
      };
      child.stdout.on('data', look);
      child.once('close', () => fail(new Error(`The fetcher ended without printing "${text}":\n${output}`)));
      look();
    });
  return { child, output: () => output, printed, ended };
}
