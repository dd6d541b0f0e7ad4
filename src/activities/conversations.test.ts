import { expect, it } from 'vitest';
import { hashConversation } from '../domain/conversation-hash.js';
import { acceptMessage, newSession, recordAnswer, recordFailure } from '../domain/session.js';
import type { SessionState } from '../domain/session.js';
import { transcriptPage } from '../domain/transcript.js';
import { createConversations } from './conversations.js';

const NOW = '2026-01-31T12:00:00.000Z';
const usage = { inputTokens: 1, cachedInputTokens: 0, outputTokens: 1, durationMs: 1 };

/** A session of answered turns `q1`/`a1`, `q2`/`a2` …, of which those given failed. */
function sessionOf(turnCount: number, failed: readonly number[] = []): SessionState {
  let state = newSession({ modelId: 'm', persona: 'You are kind.' }, NOW);
  for (let turn = 1; turn <= turnCount; turn++) {
    state = acceptMessage(state, { messageId: `${turn}`, text: `q${turn}` }, NOW);
    state = failed.includes(turn)
      ? recordFailure(state, turn, { type: 'Model.NotFound', message: 'no' })
      : recordAnswer(state, turn, { text: `a${turn}`, finishReason: 'stop', modelId: 'm', usage, answeredAt: NOW }, 1);
  }
  return state;
}

/** Asks by pages of about two turns, and counts the questions. */
function conversationsOf(state: SessionState) {
  const asked: number[] = [];
  const conversations = createConversations((_sessionId, fromTurn) => {
    asked.push(fromTurn);
    return Promise.resolve(transcriptPage(state, { fromTurn }, 8));
  });
  return { asked, conversations };
}

it('asks the session, page by page, for what it does not hold', async () => {
  const state = sessionOf(5, [2]);
  const { asked, conversations } = conversationsOf(state);
  const conversation = await conversations.before({
    sessionId: 's',
    turn: 6,
    conversationHash: state.conversationHash,
  });
  expect(conversation.persona).toBe('You are kind.');
  expect(conversation.turns.map(({ user, assistant }) => user + assistant)).toEqual(['q1a1', 'q3a3', 'q4a4', 'q5a5']);
  expect(asked).toEqual([1, 3, 5]);
});

it('asks nothing while what it holds is right', async () => {
  const state = sessionOf(2);
  const { asked, conversations } = conversationsOf(state);
  const request = { sessionId: 's', turn: 3, conversationHash: state.conversationHash };
  conversations.remember('s', await conversations.before(request));
  const before = asked.length;
  await conversations.before(request);
  expect(asked).toHaveLength(before);
});

it('asks again when what it holds is another conversation', async () => {
  const state = sessionOf(2);
  const { conversations } = conversationsOf(state);
  conversations.remember('s', {
    persona: 'You are kind.',
    turns: [{ turn: 1, user: 'q1', assistant: 'something else' }],
  });
  const { turns } = await conversations.before({ sessionId: 's', turn: 3, conversationHash: state.conversationHash });
  expect(turns.map(({ assistant }) => assistant)).toEqual(['a1', 'a2']);
});

it('needs no question when only a persona comes before', async () => {
  const { asked, conversations } = conversationsOf(sessionOf(0));
  const conversationHash = hashConversation('You are kind.', []);
  expect(await conversations.before({ sessionId: 's', turn: 1, conversationHash, persona: 'You are kind.' })).toEqual({
    persona: 'You are kind.',
    turns: [],
  });
  expect(asked).toEqual([]);
});

it('refuses to answer from a conversation that is not the one asked about', async () => {
  const { conversations } = conversationsOf(sessionOf(2));
  await expect(conversations.before({ sessionId: 's', turn: 3, conversationHash: 'ffffffffffffffff' })).rejects.toThrow(
    'Session "s" tells another conversation before turn 3',
  );
});

it('keeps the conversations used last, not all of them', async () => {
  const { asked, conversations } = conversationsOf(sessionOf(1));
  const { conversationHash } = sessionOf(1);
  for (let i = 0; i < 300; i++) {
    conversations.remember(`s${i}`, await conversations.before({ sessionId: `s${i}`, turn: 2, conversationHash }));
  }
  asked.length = 0;
  await conversations.before({ sessionId: 's299', turn: 2, conversationHash });
  expect(asked).toHaveLength(0);
  await conversations.before({ sessionId: 's0', turn: 2, conversationHash });
  expect(asked).toHaveLength(1);
});
