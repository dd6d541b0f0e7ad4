import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { compileSources } from './compiled.js';

const sources = compileSources();

it('waits for the end of a server though there is nothing else to do', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--input-type=module',
    '--eval',
    `import { ended, spawnTemporal } from ${JSON.stringify(`${sources}/workers/stack/temporal-process.js`)};
     const server = await spawnTemporal(process.execPath, ['--eval', 'setTimeout(() => process.exit(3), 300)'], 1);
     console.log(await ended(server));`,
  ]);
  expect(stdout).toBe('with exit code 3\n');
});
