import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { expectRefusal } from '../support/expect-refusal.js';
import { createProgramHome, type ProgramHome } from '../support/program-home.js';
import { startProgram, type Program } from '../support/program.js';

const answerSchema = z.object({ response: z.string() });
const panelAnswerSchema = answerSchema.extend({
  absent: z.array(z.object({ expert: z.string(), reason: z.string() })),
});

const TASK = '制定人工智能合规标准,避免人工智能伤害人类';

/** A server as a process of its own, and where it answers. */
interface Served {
  readonly program: Program;
  readonly url: string;
}

// Two experts and a panel as three processes, on real weights.
describe('experts and a panel that are served over HTTP', { timeout: 180_000 }, () => {
  let home: ProgramHome;
  let stack: Program;
  let scientist: Served;
  let lawyer: Served;
  let panel: Served;

  const serve = async (args: readonly string[]): Promise<Served> => {
    const program = startProgram(home, args);
    await program.told(/is served at http/u);
    return { program, url: /is served at (?<url>http:\S+\d)/u.exec(program.stderr)?.groups?.url ?? '' };
  };
  const serveLawyer = (port = '0') => serve(['expert', 'serve', 'law-expert', '--port', port]);
  const post = (url: string, body: object, headers = {}) =>
    fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const integrate = async () =>
    panelAnswerSchema.parse(await (await post(`${panel.url}/integrate`, { task: TASK })).json());
  const sectionsOf = (response: string) =>
    [...response.matchAll(/^### (?<name>.*)$/gmu)].map(({ groups }) => groups?.name);

  beforeAll(async () => {
    home = await createProgramHome();
    stack = startProgram(home, ['start', '--no-chat']);
    await stack.told('Ready.');
    [scientist, lawyer] = await Promise.all([
      serve(['expert', 'serve', 'computer-scientist', '--port', '0']),
      serveLawyer(),
    ]);
    const panelArgs = ['panel', 'serve', 'standardization-expert', '--port', '0', '--rounds', '1', '--expert'];
    panel = await serve([...panelArgs, `${scientist.url},${lawyer.url}`]);
  });
  afterAll(async () => {
    for (const each of [panel, scientist, lawyer]) each?.program.kill('SIGKILL');
    stack.kill('SIGINT');
    await stack.ended;
  });

  it('answer one question, once for each key', async () => {
    const question = { intent: 'What is a firewall? Answer in one sentence.' };
    const key = { 'idempotency-key': 'firewall-1' };
    const [first, together] = await Promise.all([1, 2].map(() => post(`${scientist.url}/chat`, question, key)));
    const { response } = answerSchema.parse(await first?.json());
    expect(response.length).toBeGreaterThan(10);
    expect(await together?.json()).toEqual({ response });
    // The session has ended by now.
    expect(await (await post(`${scientist.url}/chat`, question, key)).json()).toEqual({ response });
    const other = await post(`${scientist.url}/chat`, { intent: 'What is a router?' }, key);
    expect([other.status, await other.json()]).toMatchObject([422, { error: { type: 'InvalidRequest' } }]);
  });

  it('answer together, say who is absent when one was killed, and hear it when it is back in time', async () => {
    const port = new URL(lawyer.url).port;
    lawyer.program.kill('SIGKILL');
    await lawyer.program.ended;
    const without = await integrate();
    expect(sectionsOf(without.response)).toEqual(['computer-scientist']);
    expect(without.absent).toEqual([
      { expert: 'law-expert', reason: expect.stringMatching(/cannot be reached|left alone/u) as string },
    ]);

    const integrating = integrate();
    await sleep(500);
    lawyer = await serveLawyer(port);
    const { response, absent } = await integrating;
    expect(absent).toEqual([]);
    expect(sectionsOf(response)).toEqual(['computer-scientist', 'law-expert']);
  });

  it('say that their model is not there, and end when they are asked to', async () => {
    const unknown = startProgram(home, [
      'expert',
      'serve',
      'reviewer',
      '--port',
      '0',
      '--model',
      'smollm2-360m-instruct',
    ]);
    await unknown.told(/is served at http/u);
    const url = /is served at (?<url>http:\S+\d)/u.exec(unknown.stderr)?.groups?.url ?? '';
    const away = await post(`${url}/chat`, { intent: 'x' });
    expect([away.status, away.headers.get('retry-after'), await away.json()]).toMatchObject([
      503,
      '5',
      { error: { type: 'Model.Unavailable', message: expect.stringContaining('smollm2-360m-instruct') as string } },
    ]);
    unknown.kill('SIGINT');
    expect((await unknown.ended).code).toBe(0);
  });

  it('refuse what cannot be served, in one line', async () => {
    const port = new URL(scientist.url).port;
    await expectRefusal(
      home,
      ['expert', 'serve', 'nobody'],
      /There is no expert "nobody"\. Known: computer-scientist, /u,
    );
    await expectRefusal(home, ['expert', 'serve', 'law-expert', '--port', port], /another program listens there/u);
    await expectRefusal(home, ['expert', 'serve', 'law-expert', '--port', 'x'], /whole number from 0 to 65535/u);
    expect(scientist.program.stderr).not.toContain('error:');
    const panelOf = (...experts: string[]) => [
      'panel',
      'serve',
      'standardization-expert',
      '--expert',
      experts.join(','),
    ];
    await expectRefusal(home, panelOf('ftp://x'), /is not the address of an expert/u);
    await expectRefusal(home, panelOf('http://127.0.0.1:9'), /cannot be reached.*NAME=http/u);
    await expectRefusal(home, panelOf(scientist.url, scientist.url), /Two experts are named "computer-scientist"/u);
  });
});
