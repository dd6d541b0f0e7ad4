import { afterAll, describe, expect, it } from 'vitest';
import { startOllama } from '../support/ollama-server.js';
import { chatModelFile } from '../models/model-file.js';
import { createProgramHome } from '../support/program-home.js';
import { runProgram, startProgram } from '../support/program.js';
import { answersOf, sessionOf, untilAnswered } from '../support/watch-session.js';

const modelPath = chatModelFile();
const name = 'smollm2:135m';
const ollama = modelPath === undefined ? undefined : await startOllama(name, modelPath);
const host = ollama?.host ?? '';

afterAll(() => ollama?.stop());

const FRANCE = 'The capital of France is';

describe.skipIf(ollama === undefined)('the program with a model on a server', () => {
  it('chats durably by Ollama: a killed model worker costs nothing visible', async () => {
    const home = await createProgramHome();
    const env = { OLLAMA_HOST: host, COLLOQUY_CONTEXT_TOKENS: '1024' };
    const stack = startProgram(home, ['start', '--model', `ollama:${name}`], { env });
    await stack.told(`· ollama:${name}`, 60_000);
    const sessionId = await sessionOf(stack);
    stack.write('Explain in one paragraph how bread is made.\n');
    await stack.printed(60, 60_000);
    home.kill('model worker');
    const seenAtKill = stack.stdout;
    const answer = answersOf(await untilAnswered(home, sessionId, 1))[0] ?? '';
    expect(answer.length).toBeGreaterThan(seenAtKill.length);
    expect(answer.startsWith(seenAtKill)).toBe(true);
    await expect.poll(() => stack.stdout).toBe(`${answer}\n`);
    stack.endInput();
    expect((await stack.ended).code).toBe(0);
    await home.untilGone();
  });

  it('continues text by Ollama, and says beforehand what it cannot do there', async () => {
    const home = await createProgramHome();
    const env = { OLLAMA_HOST: host };
    const model = ['--model', `ollama:${name}`];
    const { code, stdout } = await runProgram(home, ['complete', FRANCE, '--greedy', '--stop', '.', ...model], { env });
    expect({ code, stdout }).toEqual({ code: 0, stdout: ' Paris\n' });
    for (const [args, missing] of [
      [['complete', FRANCE, '--beam'], 'search with beams'],
      [['inspect-tokens', FRANCE], "tell tokens' probabilities"],
    ] as const) {
      const refused = await runProgram(home, [...args, ...model], { env });
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(new RegExp(`^error: Model "ollama:${name}" cannot .*${missing}`, 'u'));
    }
  });

  it("finds a model on a server with OpenAI's interface, and the names there when it is another", async () => {
    const home = await createProgramHome();
    const env = { COLLOQUY_OPENAI_BASE_URL: `http://${host}/v1`, COLLOQUY_MODEL: `openai:${name}` };
    const doctor = await runProgram(home, ['doctor'], { env });
    expect(doctor.stdout).toContain(`answers at http://${host}/v1, for openai:${name}`);
    const missing = await runProgram(home, ['complete', FRANCE, '--model', 'openai:none'], { env });
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/has no model "none"\. It has: smollm2:135m/u);
  });

  it('says what to start when no server answers', async () => {
    const home = await createProgramHome();
    const env = { OLLAMA_HOST: '127.0.0.1:9', COLLOQUY_OPENAI_BASE_URL: 'http://127.0.0.1:9/v1' };
    for (const [model, advice] of [
      ['ollama:x', /Ollama at http:\/\/127\.0\.0\.1:9 does not answer .*"ollama serve"/u],
      ['openai:x', /The server at http:\/\/127\.0\.0\.1:9\/v1 does not answer .*COLLOQUY_OPENAI_BASE_URL/u],
    ] as const) {
      const { code, stderr } = await runProgram(home, ['complete', FRANCE, '--model', model], { env });
      expect(code).toBe(1);
      expect(stderr).toMatch(advice);
      expect(stderr.trim()).not.toContain('\n');
    }
  });
});
