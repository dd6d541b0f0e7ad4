import { describe, expect, it } from 'vitest';
import type { Answer } from './conversation.js';
import { EMPTY_HASH, hashPreamble, hashTurns } from '../conversation-hash.js';
import { carriedBytes, carrySession, resumeSession } from './carry-session.js';
import {
  acceptAlternative,
  acceptMessage,
  changeSettings,
  hashAfter,
  heldPath,
  heldTurn,
  isOnPath,
  newSession,
  nextOpenTurn,
  recordAnswer,
  recordFailure,
  recordSummary,
  selectBranch,
  turnOfMessage,
} from './session.js';
import type { SessionState } from './session.js';
import { MAX_WAITING_TURNS, refusalOf, refusalOfAlternative } from './session-rules.js';
import { faultOf } from '../schema.js';
import { settingsChangeSchema } from './session-settings.js';
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
    expect(nextOpenTurn(recordAnswer(two, 1, answerWith('x'), { fromTurn: 1 }))?.messageId).toBe('b');
  });

  it('takes a message once, however often it is sent', () => {
    const once = say(session, 'a', 'Hello');
    expect(say(once, 'a', 'Hello')).toBe(once);
    expect(refusalOf(once, { messageId: 'a', text: 'Hello' }, false)).toBeUndefined();
    // Even after the end, because the sender may be asking for an answer that was lost on the way.
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
    expect(refusalOf(state, { messageId: 'one more', text: 'x' }, false)).toEqual({
      type: 'TurnQueueFull',
      message: `${MAX_WAITING_TURNS} messages already wait for their answers, which is the maximum. Send again when one is answered.`,
    });
  });

  it('sums usage over answers', () => {
    const two = say(say(session, 'a'), 'b');
    const { usage } = recordAnswer(recordAnswer(two, 1, answerWith('x'), { fromTurn: 1 }), 2, answerWith('y'), {
      fromTurn: 1,
    });
    expect(usage).toEqual({ inputTokens: 20, cachedInputTokens: 8, outputTokens: 4, durationMs: 60 });
  });

  it('digests answered turns, and leaves failed ones out', () => {
    const failed = recordFailure(say(session, 'a'), 1, { type: 'Model.NotFound', message: 'no' });
    const answered = recordAnswer(say(failed, 'b', 'Hello'), 2, answerWith('Hi'), { fromTurn: 1 });
    expect(hashAfter(failed, 1)).toBe(EMPTY_HASH);
    expect(hashAfter(answered, 2)).toBe(hashTurns(EMPTY_HASH, [{ turn: 2, user: 'Hello', assistant: 'Hi' }]));
    expect(failed.failedTurns).toBe(1);
  });

  it('refuses turns once its budget is spent', () => {
    const poor = newSession({ modelId: 'm', budget: { sessionTokens: 8 } }, NOW);
    expect(refusalOf(poor, { messageId: 'a', text: 'x' }, false)).toBeUndefined();
    // 10 read, of which 4 are cached, and 2 written.
    const spent = recordAnswer(say(poor, 'a'), 1, answerWith('x'), { fromTurn: 1 });
    expect(refusalOf(spent, { messageId: 'b', text: 'x' }, false)).toEqual({
      type: 'BudgetExceeded',
      message: expect.stringContaining('8 of 8 tokens') as string,
    });
    const raised = changeSettings(spent, { budget: { sessionTokens: 100 } });
    expect(refusalOf(raised, { messageId: 'b', text: 'x' }, false)).toBeUndefined();
  });

  it('takes settings that make sense, and no others', () => {
    expect(faultOf(settingsChangeSchema, { persona: 'A pirate', maxOutputTokens: 5 })).toBeUndefined();
    for (const wrong of [
      undefined,
      { persona: ' ' },
      { persona: 5 },
      { modelId: '' },
      { maxOutputTokens: -1 },
      { budget: { turnSeconds: Number.NaN } },
      { budget: { turnSeconds: 1e15 } },
      { budget: null },
      { decoding: { temperature: 'hot' } },
      { userId: 'eve' },
      { foreign: 'x' },
      { tools: ['\ud83d'] },
    ]) {
      expect(faultOf(settingsChangeSchema, wrong)).toBeDefined();
    }
  });
});

/** Answered turns 1 to `count`, each following the previous one. */
function chain(count: number, state: SessionState = session): SessionState {
  let next = state;
  for (let i = 0; i < count; i++) {
    const turn = next.turnCount + 1;
    next = recordAnswer(say(next, `m${turn}`, `q${turn}`), turn, answerWith(`a${turn}`), {
      fromTurn: next.contextFromTurn,
    });
  }
  return next;
}

const numbers = (state: SessionState, head = state.head): number[] =>
  heldPath(state, head).turns.map(({ turn }) => turn);

describe('a transcript that is a tree', () => {
  const edit = (state: SessionState, turn: number, messageId: string): SessionState => {
    const beside = heldTurn(state, turn);
    if (beside === undefined) throw new Error(`turn ${turn} is not held`);
    return acceptAlternative(state, beside, { messageId, text: `edited ${turn}` }, NOW);
  };

  it('keeps the old branch readable, and goes on with the new one', () => {
    const edited = chain(1, recordAnswer(edit(chain(3), 2, 'e'), 4, answerWith('other'), { fromTurn: 1 }));
    expect(numbers(edited)).toEqual([1, 4, 5]);
    expect(numbers(edited, 3)).toEqual([1, 2, 3]);
    expect(isOnPath(edited, 2, 5)).toBe(false);
    expect(isOnPath(edited, 1, 5)).toBe(true);
    expect(hashAfter(edited, 5)).toBe(
      hashTurns(EMPTY_HASH, [
        { turn: 1, user: 'q1', assistant: 'a1' },
        { turn: 4, user: 'edited 2', assistant: 'other' },
        { turn: 5, user: 'q5', assistant: 'a5' },
      ]),
    );
    expect(numbers(chain(1, selectBranch(edited, 3)))).toEqual([1, 2, 3, 6]);
  });

  it('can begin anew from the very first message', () => {
    expect(numbers(edit(chain(3), 1, 'e'))).toEqual([4]);
  });

  it('begins the context window anew when the branch leaves it', () => {
    const moved = { ...chain(6), contextFromTurn: 5 };
    expect(edit(moved, 6, 'e').contextFromTurn).toBe(5);
    expect(edit(moved, 3, 'e').contextFromTurn).toBe(1);
  });

  it('keeps a summary while it tells of the branch, and no longer', () => {
    const summarised = recordSummary(chain(6), { text: 'They talked.', throughTurn: 3 }, answerWith('').usage);
    expect(summarised.contextFromTurn).toBe(4);
    expect(edit(summarised, 5, 'e').summary?.throughTurn).toBe(3);
    const before = edit(summarised, 2, 'e');
    expect(before.summary).toBeUndefined();
    expect(before.contextFromTurn).toBe(1);
    expect(before.preambleChanged).toBe(true);
    // A summary is useless if the conversation has left its branch meanwhile.
    expect(recordSummary(before, { text: 'Late.', throughTurn: 5 }, answerWith('').usage).summary).toBeUndefined();
  });

  it('keeps a summary that was written while a turn was answered, whose prompt began before its end', () => {
    const asked = say(chain(6), 'g');
    const summarised = recordSummary(asked, { text: 'They talked.', throughTurn: 3 }, answerWith('').usage);
    const answered = recordAnswer(summarised, 7, answerWith('x'), { fromTurn: 1 });
    expect(answered).toMatchObject({ contextFromTurn: 4, preambleChanged: true });
    // The next prompt uses it.
    const next = recordAnswer(say(answered, 'h'), 8, answerWith('x'), { fromTurn: 5 });
    expect(next.contextFromTurn).toBe(5);
    expect(next.preambleChanged).toBeUndefined();
  });

  it('refuses an edit whose id was used for another text, and no repetition', () => {
    const state = chain(2);
    const [turn] = state.turns;
    if (turn === undefined) throw new Error('the chain is empty');
    const { messageId, text } = turn;
    const asked = (request: { readonly text?: string }) =>
      refusalOfAlternative(state, { messageId, turn: 2, ...request }, false);
    expect(asked({ text: 'something else' })).toMatchObject({
      type: 'InvalidRequest',
      message: expect.stringContaining('was used for another text'),
    });
    expect(asked({ text })).toBeUndefined();
    expect(asked({})).toBeUndefined();
  });

  it('refuses what is no turn, or has not ended', () => {
    const asked = (turn: number) => refusalOfAlternative(say(chain(2), 'open'), { messageId: 'e', turn }, false);
    expect(asked(2)).toBeUndefined();
    expect(asked(3)?.message).toContain('not answered yet');
    for (const wrong of [0, 4, 1.5, Number.NaN]) expect(asked(wrong)?.message).toContain('has no turn');
  });
});

describe('what a session hands to its next run', () => {
  it('are turns that the archive lacks, those of the prompt, and the newest', () => {
    const archived = { ...chain(60), archivedThrough: 50, contextFromTurn: 40 };
    const carried = carrySession(archived);
    expect(carried.turns.map(({ turn }) => turn)).toEqual(Array.from({ length: 21 }, (_, i) => 40 + i));
    expect(carrySession({ ...archived, archivedThrough: 60, contextFromTurn: 60 }).turns).toHaveLength(10);
    expect(carrySession({ ...archived, archivedThrough: 0 }).turns).toHaveLength(60);
  });

  it('knows the messages of the turns that it leaves', () => {
    const carried = carrySession({ ...chain(60), archivedThrough: 60, contextFromTurn: 60 });
    expect(turnOfMessage(carried, 'm3')).toBe(3);
    expect(refusalOf(carried, { messageId: 'm3', text: 'q3' }, false)).toBeUndefined();
    expect(acceptMessage(carried, { messageId: 'm3', text: 'q3' }, NOW)).toBe(carried);
    expect(hashAfter(carried, 60)).toBe(hashAfter(chain(60), 60));
  });

  it('stays small, however many turns there were', () => {
    let state = session;
    for (let run = 0; run < 20; run++) {
      const longer = chain(100, state);
      state = carrySession({ ...longer, archivedThrough: longer.turnCount, contextFromTurn: longer.turnCount - 5 });
    }
    expect(state.turnCount).toBe(2000);
    expect(carriedBytes(state)).toBeLessThan(60_000);
  });

  it('is read from what version 0.1.0 handed on', () => {
    const turns = [
      { turn: 1, messageId: 'a', text: 'Hello', sentAt: NOW, answer: answerWith('Hi') },
      { turn: 2, messageId: 'b', text: 'And?', sentAt: NOW },
    ];
    const { settings, startedAt, usage, contextFromTurn } = session;
    const state = resumeSession({ settings, startedAt, usage, contextFromTurn, turns, conversationHash: 'x' });
    expect(numbers(state)).toEqual([1, 2]);
    expect(hashAfter(state, 1)).toBe(hashTurns(EMPTY_HASH, [{ turn: 1, user: 'Hello', assistant: 'Hi' }]));
    expect(nextOpenTurn(state)?.turn).toBe(2);
    expect(resumeSession(state)).toBe(state);
  });
});

describe('digests', () => {
  it('tell apart where one text ends and the next begins', () => {
    expect(hashPreamble({ persona: 'ab' })).not.toBe(hashPreamble({ persona: 'a', summary: 'b' }));
    expect(hashTurns(EMPTY_HASH, [{ turn: 1, user: 'ab', assistant: 'c' }])).not.toBe(
      hashTurns(EMPTY_HASH, [{ turn: 1, user: 'a', assistant: 'bc' }]),
    );
  });

  it('has no collision among 100,000 similar conversations', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 100_000; i++)
      seen.add(hashTurns(EMPTY_HASH, [{ turn: 1, user: `question ${i}`, assistant: 'yes' }]));
    expect(seen.size).toBe(100_000);
  });
});

describe('transcriptPage', () => {
  const long = ['a', 'b', 'c'].reduce(
    (state, id) =>
      recordAnswer(say(state, id, id.repeat(60)), state.turns.length + 1, answerWith('-'.repeat(40)), { fromTurn: 1 }),
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
        parent: 0,
        messageId: 'a',
        role: 'user',
        text: 'a',
        at: NOW,
        failure: { type: 'Model.NotFound', message: 'no such model' },
      },
    ]);
  });
});
