import { describe, expect, it } from 'vitest';
import type { Answer } from './conversation.js';
import { hashConversation } from './conversation-hash.js';
import {
  MAX_WAITING_TURNS,
  acceptMessage,
  newSession,
  nextOpenTurn,
  recordAnswer,
  recordFailure,
  refusalOf,
} from './session.js';
import type { SessionState } from './session.js';
import { transcriptPage } from './transcript.js';

const NOW = '2026-01-31T12:00:00.000Z';
const session = newSession({ modelId: 'm', persona: 'You are kind.' }, NOW);
const say = (state: SessionState, messageId: string, text = messageId) =>
  acceptMessage(state, { messageId, text }, NOW);
const answerWith = (text: string): Answer => ({
  text,
  finishReason: 'stop',
  modelId: 'm',
  usage: { inputTokens: 10, cachedInputTokens: 4, outputTokens: 2, durationMs: 30 },
  answeredAt: NOW,
});

describe('a session', () => {
  it('takes turns in the order in which messages came', () => {
    const two = say(say(session, 'a'), 'b');
    expect(nextOpenTurn(two)?.messageId).toBe('a');
    expect(nextOpenTurn(recordAnswer(two, 1, answerWith('x'), 1))?.messageId).toBe('b');
  });

  it('takes a message once, however often it is sent', () => {
    const once = say(session, 'a', 'Hello');
    expect(say(once, 'a', 'Hello')).toBe(once);
    expect(refusalOf(once, { messageId: 'a', text: 'Hello' }, false)).toBeUndefined();
    // Also after the end: the sender may be asking for an answer that was lost on the way.
    expect(refusalOf(once, { messageId: 'a', text: 'Hello' }, true)).toBeUndefined();
  });

  it('refuses a known id with another text', () => {
    expect(refusalOf(say(session, 'a', 'Hello'), { messageId: 'a', text: 'Bye' }, false)).toEqual({
      type: 'InvalidRequest',
      message: 'Message id "a" was used for another text in turn 1. Give each message an id of its own.',
    });
  });

  it('refuses messages after the end', () => {
    expect(refusalOf(session, { messageId: 'a', text: 'Hello' }, true)?.type).toBe('SessionClosed');
  });

  it('refuses a message when one is answered and the queue behind it is full', () => {
    let state = session;
    for (let i = 0; i <= MAX_WAITING_TURNS; i++) {
      expect(refusalOf(state, { messageId: `${i}`, text: 'x' }, false)).toBeUndefined();
      state = say(state, `${i}`);
    }
    expect(refusalOf(state, { messageId: 'one more', text: 'x' }, false)?.type).toBe('TurnQueueFull');
  });

  it('sums usage over answers', () => {
    const two = say(say(session, 'a'), 'b');
    const { usage } = recordAnswer(recordAnswer(two, 1, answerWith('x'), 1), 2, answerWith('y'), 1);
    expect(usage).toEqual({ inputTokens: 20, cachedInputTokens: 8, outputTokens: 4, durationMs: 60 });
  });

  it('digests persona and answered turns, and leaves failed turns out', () => {
    const failed = recordFailure(say(session, 'a'), 1, { type: 'Model.NotFound', message: 'no' });
    const answered = recordAnswer(say(failed, 'b', 'Hello'), 2, answerWith('Hi'), 1);
    expect(answered.conversationHash).toBe(
      hashConversation('You are kind.', [{ turn: 2, user: 'Hello', assistant: 'Hi' }]),
    );
    expect(answered.conversationHash).not.toBe(failed.conversationHash);
    expect(failed.conversationHash).toBe(session.conversationHash);
  });
});

describe('hashConversation', () => {
  it('tells apart where one text ends and the next begins', () => {
    expect(hashConversation('ab', [])).not.toBe(hashConversation('a', []));
    expect(hashConversation('', [{ turn: 1, user: 'ab', assistant: 'c' }])).not.toBe(
      hashConversation('', [{ turn: 1, user: 'a', assistant: 'bc' }]),
    );
  });

  it('has no collision among 100,000 similar conversations', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 100_000; i++)
      seen.add(hashConversation(undefined, [{ turn: 1, user: `question ${i}`, assistant: 'yes' }]));
    expect(seen.size).toBe(100_000);
  });
});

describe('transcriptPage', () => {
  const long = ['a', 'b', 'c'].reduce(
    (state, id) => recordAnswer(say(state, id, id.repeat(60)), state.turns.length + 1, answerWith('-'.repeat(40)), 1),
    session,
  );

  it('gives each message once, over as many pages as it takes', () => {
    const texts: string[] = [];
    let pages = 0;
    for (let fromTurn: number | undefined = 1; fromTurn !== undefined; pages++) {
      const page = transcriptPage(long, { fromTurn }, 150);
      texts.push(...page.messages.map(({ text }) => text.slice(0, 1)));
      fromTurn = page.nextTurn;
    }
    expect(pages).toBe(3);
    expect(texts).toEqual(['a', '-', 'b', '-', 'c', '-']);
  });

  it('gets on though one turn is larger than a page', () => {
    expect(transcriptPage(long, {}, 10)).toMatchObject({ messages: [{ turn: 1 }, { turn: 1 }], nextTurn: 2 });
  });

  it('shows why a turn failed', () => {
    const failed = recordFailure(say(session, 'a'), 1, { type: 'Model.NotFound', message: 'no such model' });
    expect(transcriptPage(failed).messages).toEqual([
      {
        turn: 1,
        messageId: 'a',
        role: 'user',
        text: 'a',
        at: NOW,
        failure: { type: 'Model.NotFound', message: 'no such model' },
      },
    ]);
  });
});
