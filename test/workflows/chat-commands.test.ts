import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runChat } from '../../src/cli/chat/chat.js';
import type { SessionHandle } from '../../src/client/session-handle.js';
import { createScriptedModel } from '../../src/inference/scripted-model.js';
import type { GenerateRequest } from '../../src/inference/language-model.js';
import { createSeat } from '../support/seat.js';
import type { Seat } from '../support/seat.js';
import { createSessionStack } from '../support/session-stack.js';
import type { SessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';

let env: TestWorkflowEnvironment;
let stack: SessionStack;
let home: string;
beforeAll(async () => {
  env = await startTestServer();
});
afterAll(() => env.teardown());
beforeEach(async () => {
  stack = createSessionStack(env);
  await stack.startSessionsWorker();
  home = mkdtempSync(join(tmpdir(), 'colloquy-chat-'));
});
afterEach(async () => {
  await stack.close();
  rmSync(home, { recursive: true });
});

function lastMessage({ prompt }: GenerateRequest): string {
  return prompt.type === 'chat' ? (prompt.messages.at(-1)?.text ?? '') : prompt.text;
}

/** A session whose model says what it was told, `slow` messages a word at a time. */
async function echoingSession(): Promise<SessionHandle> {
  const model = createScriptedModel(
    (request) => {
      const text = `Told: ${JSON.stringify(lastMessage(request))}.`;
      return text.includes('slow') ? { text, delayMs: 300 } : text;
    },
    { modelId: stack.newId('scripted') },
  );
  await stack.startModelWorker(model);
  return stack.client.startSession({ modelId: model.modelId });
}

function chat(seat: Seat, session: SessionHandle, options: { readonly isContinued?: boolean } = {}): Promise<number> {
  const signal = new AbortController().signal;
  return runChat({ client: stack.client, session, modelId: 'm', terminal: seat.terminal, home, signal, ...options });
}

describe('a chat in the terminal', () => {
  it('takes a paste of several lines as one message, and remembers it', async () => {
    const seat = createSeat();
    const session = await echoingSession();
    const chatting = chat(seat, session);
    await seat.seen('[1] you> ');
    seat.press('\u001b[200~one\rtwo\rthree\u001b[201~');
    await seat.seen('one␤two␤three');
    seat.press('\r');
    await seat.seen('Told: "one\\ntwo\\nthree".');
    await seat.seen('[2] you> ');
    // A terminal that does not mark it.
    seat.press('four\rfive\r');
    await seat.seen('Told: "four\\nfive".');
    seat.press('"""\r');
    await seat.seen('...> ');
    seat.press('six\r');
    await seat.seen('...> ', 2);
    seat.press('seven"""\r');
    await seat.seen('Told: "six\\nseven".');
    seat.type('/quit');
    expect(await chatting).toBe(0);
    expect((await session.status()).turnCount).toBe(3);
    expect(readFileSync(join(home, 'chat-history'), 'utf8')).toBe(
      '"one\\ntwo\\nthree"\n"four\\nfive"\n"six\\nseven"\n"/quit"\n',
    );

    const later = createSeat();
    const again = chat(later, session);
    await later.seen('[1] you> ');
    later.press('\u001b[A');
    later.press('\u001b[A');
    await later.seen('six␤seven');
    later.press('\r');
    await later.seen('Told: "six\\nseven".');
    later.type('/quit');
    expect(await again).toBe(0);
  });

  it('obeys its commands', async () => {
    const seat = createSeat();
    const session = await echoingSession();
    const chatting = chat(seat, session);
    const say = async (line: string, seen: string | RegExp, times = 1): Promise<void> => {
      seat.type(line);
      await seat.seen(seen, times);
    };
    await seat.seen('[1] you> ');
    await say('first', 'Told: "first".');
    await say('second', 'Told: "second".');
    await say('/edit 1 other first', 'Told: "other first".');
    await say('/branch 2', 'follows turn 2');
    await say('/edit 20 apples', 'Told: "20 apples".');
    await say('/regenerate 1', 'Told: "first".', 2);
    await say('/continue', 'Told: "Go on exactly where you stopped.".');
    await say("/set temperature 0.5 --persona 'You are kind.'", 'The change takes effect');
    await say('/set', 'persona: You are kind.');
    await say('/set colour red', "unknown option '--colour'");
    await say('/branch x', 'is not a valid turn number');
    await say('/nonsense', 'There is no command /nonsense');
    await say('/etc/passwd is a file', 'Told: "/etc/passwd is a file".');
    await say('/help', '/regenerate [TURN]');
    await say('/transcript', /\d user: first/u);
    expect((await session.status()).settings).toMatchObject({
      persona: 'You are kind.',
      decoding: { temperature: 0.5 },
    });
    await say('/new', 'session 2');
    await seat.seen('[1] you> ', 2);
    await say('here', 'Told: "here".');
    expect((await session.status()).turnCount).toBe(7);
    await say('/end', 'has ended');
    expect(await chatting).toBe(0);
  });

  it('shows who comes back what was said, and what is being answered, from its beginning', async () => {
    const session = await echoingSession();
    for (const text of ['one', 'two', 'three', 'four']) await session.send(text);
    await session.signalTurn('a slow question of quite a few words');
    await session.signalTurn('and one more');
    await expect.poll(async () => (await session.status()).running?.turn).toBe(5);

    const seat = createSeat();
    const chatting = chat(seat, session, { isContinued: true });
    await seat.seen('(1 earlier turn: /transcript)');
    await seat.seen('2 user: two\n2 assistant: Told: "two".\n3 user: three');
    await seat.seen('5 user: a slow question of quite a few words\n');
    await seat.seen('Told: "a slow question of quite a few words".\n6 user: and one more\nTold: "and one more".');
    await seat.seen('[7] you> ');
    seat.type('/quit');
    expect(await chatting).toBe(0);
    expect((await session.status()).turnCount).toBe(6);
  });

  it('says the place in the queue while it waits, on a line that goes', async () => {
    const model = createScriptedModel(
      [{ text: 'Here I am.', delayMs: 500, progress: [{ step: 'queued', done: 2, total: 3 }] }],
      {
        modelId: stack.newId('scripted'),
      },
    );
    await stack.startModelWorker(model);
    const seat = createSeat();
    const chatting = chat(seat, await stack.client.startSession({ modelId: model.modelId }));
    await seat.seen('[1] you> ');
    seat.type('Are you there?');
    await seat.seen('waiting: place 2 of 3 in the model’s queue\r\u001b[2KHere');
    await seat.seen('[2] you> ');
    seat.type('/quit');
    expect(await chatting).toBe(0);
  });

  it('says that the model is busy while all of its workers write other answers', async () => {
    const model = createScriptedModel((request) => ({ text: lastMessage(request), delayMs: 8_000 }), {
      modelId: stack.newId('scripted'),
    });
    await stack.startModelWorker(model, { maxConcurrentAnswers: 1 });
    const other = await stack.client.startSession({ modelId: model.modelId });
    const answering = other.send('First.');
    await expect.poll(async () => (await other.status()).state).toBe('answering');
    const seat = createSeat();
    const session = await stack.client.startSession({ modelId: model.modelId });
    const signal = new AbortController().signal;
    const options = { client: stack.client, session, modelId: model.modelId, terminal: seat.terminal, home, signal };
    const chatting = runChat(options);
    await seat.seen('[1] you> ');
    seat.type('Second.');
    await seat.seen('waiting: the model is busy; 1 answer waits for it');
    await answering;
    await seat.seen('[2] you> ');
    seat.type('/quit');
    expect(await chatting).toBe(0);
  });
});
