import { expect, it, onTestFinished } from 'vitest';
import { expectRefusal } from '../support/expect-refusal.js';
import { createProgramHome } from '../support/program-home.js';
import { runProgram, startProgram } from '../support/program.js';

it('moves sessions from the stack to a worker with a version, as a user would', async () => {
  const home = await createProgramHome();
  const stack = startProgram(home, ['start', '--no-chat'], { env: { COLLOQUY_BUILD_ID: 'ignored-by-start' } });
  await stack.told('Ready.');
  onTestFinished(async () => {
    stack.kill('SIGINT');
    await stack.ended;
  });
  const json = async (...args: readonly string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await runProgram(home, [...args, '--json']);
    if (code !== 0) throw new Error(`colloquy ${args.join(' ')} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout);
  };
  await expectRefusal(home, ['deploy', 'status'], /No worker has run as a version of "colloquy"\. Start one/u);
  await expectRefusal(home, ['deploy', 'set-current', 'v1'], /COLLOQUY_BUILD_ID=v1 npx colloquy worker sessions/u);
  const first = await json('send', 'What is the capital of France?');
  const { sessionId } = first as { sessionId: string };

  const worker = startProgram(home, ['--temporal', home.address, 'worker', 'sessions'], {
    env: { COLLOQUY_BUILD_ID: 'v1' },
  });
  onTestFinished(async () => {
    worker.kill('SIGINT');
    await worker.ended;
  });
  await worker.told('colloquy deploy set-current v1');
  await expect.poll(() => json('deploy', 'status').catch(String)).toMatchObject({ versions: [{ buildId: 'v1' }] });
  const current = { deploymentName: 'colloquy', currentBuildId: 'v1' };
  await expect.poll(() => json('deploy', 'set-current', 'v1').catch(String)).toEqual(current);
  expect(await json('deploy', 'status')).toMatchObject({ currentBuildId: 'v1', versions: [{ state: 'current' }] });
  // The session of before, and a new one.
  expect(await json('send', 'And of Italy?', '--session', sessionId)).toMatchObject({ turn: 2 });
  expect(await json('send', 'What is the capital of Spain?')).toMatchObject({ turn: 1 });

  expect(await json('sessions', '--status', 'open')).toHaveLength(2);
  expect(await json('sessions', '--text', 'CAPITAL of france')).toMatchObject([{ sessionId }]);
  expect(await json('sessions', '--user', "O'Hara", '--min-turns', '1')).toEqual([]);
  await expectRefusal(home, ['sessions', '--status', 'closed'], /Allowed choices are open, awaiting-approval/u);
});
