import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_CHROMIUM, findChromium, withPage } from '../support/chromium.js';
import { createProgramHome } from '../support/program-home.js';
import type { ProgramHome } from '../support/program-home.js';
import { runProgram, startProgram } from '../support/program.js';
import type { Program } from '../support/program.js';

const chromium = findChromium();
// In CI a browser is there: .ci/run sees to it. A skipped ring would look like a green one.
if (chromium === undefined && process.env.CI !== undefined) throw new Error(NO_CHROMIUM);

/** With COLLOQUY_UPDATE_SCREENSHOTS=1 the README's picture is taken anew. */
const screenshot = process.env.COLLOQUY_UPDATE_SCREENSHOTS
  ? fileURLToPath(new URL('../../docs/images/temporal-ui.png', import.meta.url))
  : undefined;

const HOSTILE = '![x](http://127.0.0.1:9/pixel.png) <img src=y onerror=document.title=/owned/> **bold**';

describe.skipIf(chromium === undefined)(`the Temporal UI${chromium === undefined ? `: ${NO_CHROMIUM}` : ''}`, () => {
  let home: ProgramHome;
  let stack: Program;

  beforeAll(async () => {
    home = await createProgramHome();
    stack = startProgram(home, ['start', '--no-chat']);
    await stack.told('Ready');
  });
  afterAll(async () => {
    stack.kill('SIGINT');
    await stack.ended;
  });

  const send = async (text: string, sessionId?: string): Promise<{ sessionId: string; text: string }> => {
    const session = sessionId === undefined ? [] : ['--session', sessionId];
    const { code, stdout, stderr } = await runProgram(home, ['send', text, '--json', ...session]);
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout) as { sessionId: string; text: string };
  };
  const inBrowser = (use: (page: Page) => Promise<void>): Promise<void> => withPage(chromium ?? '', use);
  const sessionPage = (sessionId: string): string =>
    `http://127.0.0.1:${home.uiPort}/namespaces/default/workflows/chat-session%2F${sessionId}`;

  it('shows a session by name, its turns, and who said what', async () => {
    const { sessionId, text: first } = await send('What is the capital of France?');
    const { text: second } = await send('Name a river that flows through it.', sessionId);

    await inBrowser(async (page) => {
      await page.goto(`http://127.0.0.1:${home.uiPort}/namespaces/default/workflows`);
      await page.getByText(`chat-session/${sessionId}`).first().click();

      await page.getByText('Turn 1: What is the capital of France?').first().waitFor();
      await page.getByText('Turn 2: Name a river that flows through it.').first().waitFor();
      expect(await page.title()).toContain(`chat-session/${sessionId}`);

      await page.getByText('User Metadata').first().click();
      const details = await allFrames(page, 'Waiting for the user');
      expect(details).toContain('Chat with smollm2-135m-instruct');
      expect(details).toContain('Turns: 2 answered, 0 failed, 0 open');
      expect(details).toMatch(/Tokens: \d+ read \(\d+ of them cached\), \d+ written/u);
      expect(details).toContain('User, turn 1: What is the capital of France?');
      expect(details).toContain(`Assistant (stop): ${first}`);
      expect(details).toContain(`Assistant (stop): ${second}`);
      if (screenshot !== undefined) {
        await page.screenshot({ path: screenshot });
      }
    });
  });

  it('shows a panel by name: its task, who was asked what, and each expert', async () => {
    const experts = ['--experts', 'computer-scientist,law-expert', '--way', 'pipeline', '--answer-tokens', '24'];
    const task = 'What is a firewall?';
    const { code, stderr } = await runProgram(home, ['panel', task, '--id', 'firewall', ...experts]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: 'Panel firewall\n' });

    await inBrowser(async (page) => {
      await page.goto(`http://127.0.0.1:${home.uiPort}/namespaces/default/workflows/panel%2Ffirewall`);
      await page.getByText(`law-expert: ${task}`).first().waitFor();
      await page.getByText('User Metadata').first().click();
      const details = await allFrames(page, 'Ended');
      expect(details).toContain(`Panel: ${task}`);
      expect(details).toContain('By way of pipeline, with computer-scientist, law-expert');
      expect(details).toMatch(/1\.1 computer-scientist \((?:answered|declined), .*tokens\): What is a firewall\?/u);
      expect(details).toMatch(/1\.2 law-expert \((?:answered|declined), .*tokens\): What is a firewall\?/u);

      await page.goto(
        `http://127.0.0.1:${home.uiPort}/namespaces/default/workflows/panel%2Ffirewall%2Fexpert%2Flaw-expert%2F1.2`,
      );
      await page.getByText('law-expert: how sure?').first().waitFor();
      await page.getByText('User Metadata').first().click();
      expect(await allFrames(page, 'Expert: law-expert')).toContain(`Question: ${task}`);
    });
  });

  it('shows what a hostile message says, and does not render it', async () => {
    const { sessionId } = await send(HOSTILE);

    await inBrowser(async (page) => {
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      await page.goto(sessionPage(sessionId));
      await page.getByText('User Metadata').first().click();
      expect(await allFrames(page, 'Waiting for the user')).toContain(HOSTILE);
      for (const frame of page.frames().slice(1)) expect(await frame.locator('img').count()).toBe(0);
      expect(await page.title()).not.toContain('owned');
      expect(asked.filter((url) => url.startsWith('http://127.0.0.1:9/'))).toEqual([]);
    });
  });
});

/** What stands in the page's frames, once this is among it: the UI shows each piece of Markdown in a frame of its own. */
async function allFrames(page: Page, awaited: string): Promise<string> {
  const read = async (): Promise<string> =>
    (await Promise.all(page.frames().map((frame) => frame.locator('body').innerText()))).join('\n');
  await expect.poll(read).toContain(awaited);
  return read();
}
