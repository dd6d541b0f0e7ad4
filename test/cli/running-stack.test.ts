import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { expectRefusal } from '../support/expect-refusal.js';
import { createProgramHome } from '../support/program-home.js';
import type { ProgramHome } from '../support/program-home.js';
import { runProgram, startProgram } from '../support/program.js';
import type { Program, RunOptions } from '../support/program.js';

const sentSchema = z.object({ sessionId: z.string(), messageId: z.string(), text: z.string().min(1) });
const transcriptSchema = z.object({ messages: z.array(z.object({ role: z.string(), text: z.string() })) });

// What a second terminal does while the stack runs. The last tests end it.
describe('a second terminal', () => {
  let home: ProgramHome;
  let stack: Program;
  let sessionId: string;

  const run = async (args: readonly string[], options: RunOptions = {}): Promise<string> => {
    const { code, stdout, stderr } = await runProgram(home, args, options);
    if (code !== 0) throw new Error(`colloquy ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  };
  const json = async (...args: readonly string[]): Promise<unknown> => JSON.parse(await run([...args, '--json']));

  beforeAll(async () => {
    home = await createProgramHome();
    stack = startProgram(home, ['start', '--no-chat']);
    await stack.told('Ready.');
  });
  afterAll(async () => {
    stack.kill('SIGINT');
    await stack.ended;
  });

  it('sends, reads and lists, for people and for scripts', async () => {
    const messageId = randomUUID();
    const first = sentSchema.parse(await json('send', 'What is the capital of France?', '--message-id', messageId));
    ({ sessionId } = first);
    expect(first.text).toContain('Paris');
    // Sent again, it is the same turn.
    const again = await json(
      'send',
      'What is the capital of France?',
      '--session',
      sessionId,
      '--message-id',
      messageId,
    );
    expect(sentSchema.parse(again).text).toBe(first.text);

    expect(await run(['send', 'And of Italy?', '--session', sessionId])).toMatch(/Rome.*\n$/u);
    const { messages } = transcriptSchema.parse(await json('transcript', sessionId));
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'assistant']);
    expect(await run(['transcript', sessionId])).toContain('And of Italy?');
    expect(await json('sessions')).toMatchObject([{ sessionId, state: 'open' }]);
    expect(await run(['sessions'])).toContain(sessionId);
  });

  it('learns of models and machine', async () => {
    expect(await json('models', 'list')).toContainEqual(expect.objectContaining({ modelId: 'smollm2-135m-instruct' }));
    expect(z.array(z.object({ modelId: z.string() })).parse(await json('models', 'recommend')).length).toBeGreaterThan(
      0,
    );
    expect(await json('models', 'inspect', 'smollm2-135m-instruct')).toMatchObject({
      modelId: 'smollm2-135m-instruct',
    });
    expect(await json('doctor')).toContainEqual(expect.objectContaining({ state: 'ok' }));
  });

  it.each(['start-session.js', 'signal-turns.js'])('runs examples/%s', async (example) => {
    const script = `examples/${example}`;
    const stdout = await run([], { script, env: { TEMPORAL_ADDRESS: home.address } });
    expect(stdout).toContain('Paris');
    expect(stdout).toContain('Rome');
  });

  it('streams an answer to a program that knows the data folder alone', async () => {
    const stdout = await run([], { script: 'examples/stream-answer.js', env: { COLLOQUY_TEMPORAL_PORT: '' } });
    const [, pieces] = /\((\d+) pieces\)/u.exec(stdout) ?? [];
    expect(Number(pieces)).toBeGreaterThan(3);
  });

  it('cannot start a second stack on the same data folder', async () => {
    const { pid } = stack;
    const ended = await expectRefusal(
      home,
      ['start', '--no-chat'],
      /A stack is already running on this data folder \(process \d+\)/u,
    );
    expect(ended.stderr).toContain(`process ${pid}`);
  });

  it('is told what is wrong with a session or a message', async () => {
    await expectRefusal(
      home,
      ['send', 'Hi', '--session', 'nobody-has-this'],
      /Session "nobody-has-this" does not exist/u,
    );
    await expectRefusal(home, ['transcript', 'nobody-has-this'], /Session "nobody-has-this" does not exist/u);
    await expectRefusal(
      home,
      ['send', 'x'.repeat(100_000), '--session', sessionId],
      /The persona and the message take \d+ tokens; .* has room for \d+/u,
    );
    expect(await json('end', sessionId)).toMatchObject({ sessionId });
    await expect.poll(() => json('sessions')).toContainEqual(expect.objectContaining({ sessionId, state: 'ended' }));
    expect(await json('sessions')).toHaveLength(4);
    await expectRefusal(home, ['send', 'Hi', '--session', sessionId], /has ended|takes no more/u);
    await expectRefusal(home, ['start', '--session', sessionId], /has ended|takes no more/u);
    expect(transcriptSchema.parse(await json('transcript', sessionId)).messages.length).toBeGreaterThanOrEqual(4);
  });

  it('uses the server with a stack of its own, by --temporal, and leaves it running', async () => {
    const other = await createProgramHome();
    const { code, stdout } = await runProgram(other, ['start', '--temporal', home.address], {
      input: 'What is the capital of France?\n',
    });
    expect(code).toBe(0);
    expect(stdout).toContain('Paris');
    expect(home.processes().map(({ role }) => role)).toContain('temporal server');
    expect(await json('sessions')).toHaveLength(5);
  });
});
