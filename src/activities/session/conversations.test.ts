import { expect, it } from 'vitest';
import { EMPTY_HASH, hashPreamble } from '../../domain/conversation-hash.js';
import type { ConversationReference } from '../../domain/session/generation.js';
import {
  acceptMessage,
  hashAfter,
  heldPath,
  newSession,
  recordAnswer,
  recordFailure,
} from '../../domain/session/session.js';
import type { SessionState } from '../../domain/session/session.js';
import { conversationPage } from '../../domain/session/transcript.js';
import type { ConversationRequest } from '../../domain/session/transcript.js';
import { createConversations } from './conversations.js';

const NOW = '2026-01-31T12:00:00.000Z';
const usage = { inputTokens: 1, cachedInputTokens: 0, outputTokens: 1, durationMs: 1 };

/** A session of answered turns `q1`/`a1`, `q2`/`a2` …; the turns in `failed` have failed. */
function sessionOf(turnCount: number, failed: readonly number[] = []): SessionState {
  let state = newSession({ modelId: 'm', persona: 'You are kind.' }, NOW);
  for (let turn = 1; turn <= turnCount; turn++) {
    state = acceptMessage(state, { messageId: `${turn}`, text: `q${turn}` }, NOW);
    const answer = { text: `a${turn}`, finishReason: 'stop' as const, modelId: 'm', usage, answeredAt: NOW };
    state = failed.includes(turn)
      ? recordFailure(state, turn, { type: 'Model.NotFound', message: 'no' })
      : recordAnswer(state, turn, answer, { fromTurn: 1 });
  }
  return state;
}

function referenceTo(state: SessionState, contextFromTurn = 1): ConversationReference {
  const { persona } = state.settings;
  return {
    sessionId: 's',
    modelId: 'm',
    head: state.head,
    contextFromTurn,
    pathHash: hashAfter(state, state.head),
    preambleHash: hashPreamble({ persona, summary: state.summary?.text }),
  };
}

/** Fetches pages of one or two turns; the session holds only the turns after `archivedThrough`. Records the requests. */
function conversationsOf(state: SessionState, archivedThrough = 0) {
  const asked: string[] = [];
  const held = { ...state, turns: state.turns.filter(({ turn }) => turn > archivedThrough) };
  const ask = (name: string, whole: SessionState) => (_sessionId: string, request: ConversationRequest) => {
    asked.push(`${name} ${request.head}`);
    const page = conversationPage(whole, request, 610);
    return Promise.resolve(name === 'archive' ? { ...page, isOlderArchived: true } : page);
  };
  return {
    asked,
    conversations: createConversations({ fromSession: ask('session', held), fromArchive: ask('archive', state) }),
  };
}

it('asks the session, page by page, for what it does not hold', async () => {
  const state = sessionOf(5, [2]);
  const { asked, conversations } = conversationsOf(state);
  const conversation = await conversations.before(referenceTo(state));
  expect(conversation.persona).toBe('You are kind.');
  expect(conversation.turns.map(({ user, assistant }) => user + assistant)).toEqual(['q1a1', 'q3a3', 'q4a4', 'q5a5']);
  expect(asked).toEqual(['session 5', 'session 3', 'session 1']);
});

it('asks the archive for what the session no longer holds', async () => {
  const state = sessionOf(6);
  const { asked, conversations } = conversationsOf(state, 4);
  const { turns } = await conversations.before(referenceTo(state));
  expect(turns.map(({ turn }) => turn)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(asked).toEqual(['session 6', 'archive 4', 'archive 2']);
});

it('asks for no more than the context window', async () => {
  const state = sessionOf(9);
  const { asked, conversations } = conversationsOf(state, 4);
  const { turns, hashBefore } = await conversations.before(referenceTo(state, 8));
  expect(turns.map(({ turn }) => turn)).toEqual([8, 9]);
  expect(hashBefore).toBe(hashAfter(state, 7));
  expect(asked).toEqual(['session 9']);
});

it('asks nothing while what it holds is right', async () => {
  const state = sessionOf(2);
  const { asked, conversations } = conversationsOf(state);
  conversations.remember('s', await conversations.before(referenceTo(state)));
  const before = asked.length;
  await conversations.before(referenceTo(state));
  expect(asked).toHaveLength(before);
});

it('takes over a persona that is new', async () => {
  const state = sessionOf(2);
  const { asked, conversations } = conversationsOf(state);
  conversations.remember('s', await conversations.before(referenceTo(state)));
  const before = asked.length;
  const pirate = { ...state, settings: { modelId: 'm', persona: 'You are a pirate.' } };
  const conversation = await conversations.before({ ...referenceTo(pirate), persona: 'You are a pirate.' });
  expect(conversation).toMatchObject({ persona: 'You are a pirate.', turns: [{ turn: 1 }, { turn: 2 }] });
  expect(asked).toHaveLength(before);
});

it('asks again when what it holds is another conversation, or begins too late', async () => {
  const state = sessionOf(3);
  const { conversations } = conversationsOf(state);
  const other = { persona: 'You are kind.', turns: [{ turn: 1, user: 'q1', assistant: 'x' }], hashBefore: EMPTY_HASH };
  conversations.remember('s', other);
  const fetched = await conversations.before(referenceTo(state));
  expect(fetched.turns.map(({ assistant }) => assistant)).toEqual(['a1', 'a2', 'a3']);
  const [first] = heldPath(state, 1).turns;
  conversations.remember('s', {
    ...fetched,
    turns: fetched.turns.slice(1),
    hashBefore: hashAfter(state, first?.turn ?? 0) ?? '',
  });
  expect((await conversations.before(referenceTo(state))).turns).toHaveLength(3);
  expect((await conversations.before(referenceTo(state, 2))).turns).toHaveLength(2);
});

it('needs no question when only a persona comes before', async () => {
  const state = sessionOf(0);
  const { asked, conversations } = conversationsOf(state);
  expect(await conversations.before({ ...referenceTo(state), persona: 'You are kind.' })).toEqual({
    persona: 'You are kind.',
    turns: [],
    hashBefore: EMPTY_HASH,
  });
  expect(asked).toEqual([]);
});

it('refuses to answer from a conversation that is not the one asked about', async () => {
  const state = sessionOf(2);
  const { conversations } = conversationsOf(state);
  await expect(conversations.before({ ...referenceTo(state), pathHash: 'ffffffffffffffff' })).rejects.toThrow(
    'Session "s" has a different conversation up to turn 2',
  );
});

it('keeps the conversations used last, not all of them', async () => {
  const state = sessionOf(1);
  const { asked, conversations } = conversationsOf(state);
  const referenceOf = (i: number) => ({ ...referenceTo(state), sessionId: `s${i}` });
  for (let i = 0; i < 300; i++) conversations.remember(`s${i}`, await conversations.before(referenceOf(i)));
  asked.length = 0;
  await conversations.before(referenceOf(299));
  expect(asked).toHaveLength(0);
  await conversations.before(referenceOf(0));
  expect(asked).toHaveLength(1);
});
