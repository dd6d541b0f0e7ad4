import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join, relative, dirname } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { smollm2 } from '../../src/artefacts/catalogue.js';
import { filesOf, pathOfFile } from '../../src/artefacts/artefact.js';
import { resolveHome } from '../../src/artefacts/home.js';
import { expectRefusal } from '../support/expect-refusal.js';
import { createProgramHome, sharedArtefacts } from '../support/program-home.js';
import type { ProgramHome } from '../support/program-home.js';
import { runProgram } from '../support/program.js';

/** Refused before anything is started. */
describe('what is wrong from the beginning', () => {
  it('the call', async () => {
    const home = await createProgramHome();
    await expectRefusal(
      home,
      ['start', '--model', 'gpt-9'],
      /There is no model "gpt-9"\. Known: smollm2-135m-instruct/u,
    );
    await expectRefusal(home, ['start', '--model', './none.gguf'], /There is no file \/.*none\.gguf\./u);
    await expectRefusal(home, ['start', '--session', 'a/b'], /Session id "a\/b" is not valid/u);
    await expectRefusal(home, ['start', '--panel', 'no-such-panel'], /no-such-panel/u);
    await expectRefusal(home, ['start', '--temporal-port', '99999'], /Give a whole number from 1 to 65535/u);
    await expectRefusal(home, ['send', ''], /The message is empty/u);
    await expectRefusal(home, ['sned', 'Hello'], /unknown command 'sned'/u);
    expect(home.processes()).toEqual([]);
  });

  it('a reader that has gone', async () => {
    const program = fileURLToPath(new URL('../../bin/colloquy.js', import.meta.url));
    const child = spawn('bash', ['-c', '"$0" "$1" models list | true', process.execPath, program], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const [said] = await Promise.all([readText(child.stderr), once(child, 'close')]);
    expect(said).toBe('');
  });

  it('the persona', async () => {
    const home = await createProgramHome();
    const file = join(home.path, 'persona.txt');
    const persona = (text: string | Uint8Array) => writeFileSync(file, text);
    await expectRefusal(
      home,
      ['start', '--persona', `@${file}`],
      /The persona file ".*persona\.txt" cannot be read: ENOENT/u,
    );
    persona(Buffer.from([0xff, 0xfe, 0x00]));
    await expectRefusal(home, ['start', '--persona', `@${file}`], /persona\.txt" is not valid UTF-8/u);
    persona('  \n');
    await expectRefusal(home, ['start', '--persona', `@${file}`], /The persona is empty/u);
    persona('x'.repeat(40_000));
    await expectRefusal(
      home,
      ['start', '--persona', `@${file}`],
      /The persona is too large: 40,000 bytes, at most 32,768/u,
    );
    const env = { COLLOQUY_PERSONA: `@${file}` };
    await expectRefusal(home, ['start'], /The persona is too large/u, { env });
    expect(home.processes()).toEqual([]);
  });

  it('environment variables, all of them at once', async () => {
    const home = await createProgramHome();
    const env = {
      COLLOQUY_TEMPORAL_PORT: 'abc',
      COLLOQUY_GPU: 'maybe',
      COLLOQUY_THREADS: '0',
      COLLOQUY_BUILD_ID: 'a b',
      COLLOQUY_DEPLOYMENT_NAME: 'a.b',
    };
    const { stderr } = await expectRefusal(home, ['start'], /Wrong environment variables/u, { env });
    for (const [name, value] of Object.entries(env)) expect(stderr).toContain(`${name}="${value}"`);
    await expectRefusal(home, ['doctor'], /COLLOQUY_GPU="maybe"/u, { env: { COLLOQUY_GPU: 'maybe' } });
  });

  it('a data folder that cannot be written', async () => {
    const home = await createProgramHome();
    const file = join(home.path, 'a-file');
    writeFileSync(file, '');
    for (const folder of [join(file, 'below'), '/proc/colloquy'])
      await expectRefusal(home, ['start'], /The data folder \/.* cannot be written .* Set COLLOQUY_HOME/u, {
        env: { COLLOQUY_HOME: folder },
      });
    expect(home.processes()).toEqual([]);
  });

  it('a stack trace only when asked for', async () => {
    const home = await createProgramHome();
    const { code, stderr } = await runProgram(home, ['--verbose', 'start', '--model', 'gpt-9']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: There is no model "gpt-9"/u);
    expect(stderr).toMatch(/^\s+at .*resolve-model/mu);
  });
});

describe('a model file that is not as it should be', () => {
  it('truncated', async () => {
    const home = await homeWithModelCopy((file) => ftruncateSync(file, 1_000_000));
    await expectRefusal(
      home,
      ['start'],
      /is damaged \(1000000 bytes, expected \d+\).*colloquy models pull smollm2-135m-instruct --force/u,
    );
    expect(home.processes()).toEqual([]);
  });

  it('altered in one byte', async () => {
    const home = await homeWithModelCopy((file) => writeSync(file, Buffer.from('!'), 0, 1, 50_000_000));
    await expectRefusal(home, ['start'], /is damaged \(sha-256 [0-9a-f]{64}, expected [0-9a-f]{64}\).*--force/u);
    expect(home.processes()).toEqual([]);
  });

  it('a GGUF file of the user that is truncated, and one that is none', async () => {
    const home = await createProgramHome();
    const path = join(home.path, 'my-model.gguf');
    writeFileSync(path, 'not a model at all');
    await expectRefusal(home, ['models', 'inspect', path], /my-model\.gguf/u);
    await expectRefusal(home, ['start', '--model', path], /my-model\.gguf/u);
    copyModel(path, (file) => ftruncateSync(file, 20_000_000));
    await expectRefusal(home, ['start', '--model', path], /my-model\.gguf/u);
    expect(home.processes()).toEqual([]);
  });
});

describe('a Temporal server that is not there', () => {
  it('its port is taken by something else', async () => {
    const home = await createProgramHome();
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    await new Promise<void>((resolve) => server.listen(home.temporalPort, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    await expectRefusal(
      home,
      ['start'],
      /Something that is not a Temporal server listens at 127\.0\.0\.1:\d+\..*--temporal-port/u,
    );
    expect(home.processes()).toEqual([]);
  });

  it('nobody answers', async () => {
    const home = await createProgramHome();
    const temporal = ['--temporal', home.address];
    await expectRefusal(home, [...temporal, 'start'], /No Temporal server answers at 127\.0\.0\.1:\d+\./u);
    await Promise.all(
      [['send', 'Hello'], ['sessions'], ['transcript', 'x'], ['end', 'x'], ['chat'], ['worker', 'sessions']].map(
        (args) => expectRefusal(home, [...temporal, ...args], /No Temporal server answers at 127\.0\.0\.1:\d+\./u),
      ),
    );
    expect(home.processes()).toEqual([]);
  });
});

/** A data folder with everything, whose chat model is a copy that `damage` has changed. */
async function homeWithModelCopy(damage: (file: number) => void): Promise<ProgramHome> {
  const home = await createProgramHome({ artefacts: 'none' });
  mkdirSync(join(home.path, 'artefacts'));
  for (const name of ['temporal-cli', 'multilingual-e5-small'])
    symlinkSync(join(sharedArtefacts(), name), join(home.path, 'artefacts', name));
  const path = join(home.path, relative(resolveHome(process.env), sharedModel()));
  mkdirSync(dirname(path), { recursive: true });
  copyModel(path, damage);
  return home;
}

function copyModel(to: string, damage: (file: number) => void): void {
  copyFileSync(sharedModel(), to);
  const file = openSync(to, 'r+');
  damage(file);
  closeSync(file);
}

function sharedModel(): string {
  const [file] = filesOf(smollm2);
  if (file === undefined) throw new Error('The catalogue names no file of the model.');
  return pathOfFile(smollm2, file, resolveHome(process.env));
}
