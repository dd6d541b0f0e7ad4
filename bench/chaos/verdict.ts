import type { Message } from '../../src/domain/session/conversation.js';
import type { SessionReader } from './session-reader.js';
import type { SentMessage } from './talk.js';

/** What has become of one session. */
export interface SessionOutcome {
  readonly sent: readonly SentMessage[];
  readonly messages: readonly Message[];
  readonly reader: SessionReader;
  readonly pendingActivities: number;
  readonly openTurns: number;
}

/** An attempt that went on with an answer: what the model workers' logs tell. */
export interface Resumption {
  readonly messageId: string;
  /** ms since 1970. */
  readonly at: number;
  /** From where it went on. */
  readonly textLength: number;
}

export interface Stall {
  readonly messageId: string;
  /** ms since 1970. */
  readonly at: number;
  readonly ms: number;
}

export interface Verdict {
  readonly turns: number;
  readonly sentTwice: number;
  /** Messages without an answer in the transcript, or with another than the sender was given. */
  readonly lost: number;
  /** Turns beyond one for a message, and turns that nobody asked for. */
  readonly duplicated: number;
  readonly outOfOrder: number;
  readonly failed: number;
  /** Answers of which a reader's text, kept by offset, is not the stored one or the beginning of it. */
  readonly streamedDiffers: number;
  /** Of which a reader's text is only a beginning: live text that went with Redis, which the durable answer fills in. */
  readonly streamedShort: number;
  /** Calls of `send` that showed a text which is not the answer. */
  readonly shownDiffers: number;
  /** Characters that readers saw replaced. */
  readonly rewritten: number;
  readonly clientErrors: readonly string[];
  readonly leftRunning: number;
  /** The longest time in which a sender who waited was told of nothing new: no text, no progress, no answer. */
  readonly longestStall: Stall;
  readonly characters: number;
  /** Generated though a reader had them already. */
  readonly charactersTwice: number;
  readonly resumptions: number;
  /** One line for each thing that is wrong. */
  readonly details: readonly string[];
}

export function judge(outcomes: readonly SessionOutcome[], resumptions: readonly Resumption[]): Verdict {
  const details: string[] = [];
  const count = { lost: 0, duplicated: 0, outOfOrder: 0, failed: 0, differs: 0, short: 0, shown: 0, left: 0 };
  let characters = 0;
  let longestStall: Stall = { messageId: '', at: 0, ms: 0 };
  const note = (kind: keyof typeof count, detail: string): void => {
    count[kind]++;
    details.push(`${kind}: ${detail}`);
  };

  for (const { sent, messages, reader, pendingActivities, openTurns } of outcomes) {
    const users = messages.filter(({ role }) => role === 'user');
    for (const message of sent) {
      const { messageId, text } = message;
      const stall = stallOf(message, reader);
      if (stall.ms > longestStall.ms) longestStall = stall;
      const asked = users.filter((each) => each.messageId === messageId || each.text === text);
      const turn = asked[0]?.turn;
      const answers = messages.filter((each) => each.role === 'assistant' && each.turn === turn);
      for (let extra = 1; extra < Math.max(asked.length, answers.length); extra++) note('duplicated', messageId);
      const stored = answers[0]?.text;
      const isAccepted = message.results.length > 0;
      if (asked.length > 0 && asked[0]?.failure) note('failed', `${messageId}: ${asked[0].failure.message}`);
      else if (stored === undefined)
        note('lost', `${messageId}: ${isAccepted ? 'answered, but not stored' : 'no answer'}`);
      else if (message.results.some((result) => result.text !== stored))
        note('lost', `${messageId}: another answer is stored`);
      if (stored === undefined) continue;

      characters += stored.length;
      const streamed = reader.texts.get(messageId) ?? '';
      if (!stored.startsWith(streamed)) note('differs', `${messageId}: ${difference(streamed, stored)}`);
      else if (streamed.length < stored.length) count.short++;
      const wrong = message.shown.find(({ text: shown, isAnswered }) => {
        return isAnswered ? shown !== stored : !stored.startsWith(shown);
      });
      if (wrong) note('shown', `${messageId}: ${difference(wrong.text, stored)}`);
    }
    const known = new Set(sent.map(({ messageId }) => messageId));
    for (const user of users) if (!known.has(user.messageId)) note('duplicated', `turn ${user.turn} was not asked for`);
    const order = sent.map(({ messageId }) => users.find((user) => user.messageId === messageId)?.turn ?? 0);
    const placed = order.filter((turn) => turn > 0);
    if (placed.some((turn, index) => turn !== index + 1)) note('outOfOrder', placed.join(' '));
    for (let left = 0; left < pendingActivities + openTurns; left++) note('left', `in ${sent[0]?.sessionId ?? '?'}`);
  }

  const charactersTwice = resumptions.reduce((sum, { messageId, at, textLength }) => {
    const reader = outcomes.find(({ sent }) => sent.some((message) => message.messageId === messageId))?.reader;
    return sum + Math.max(0, (reader?.lengthAt(messageId, at) ?? 0) - textLength);
  }, 0);
  const all = outcomes.flatMap(({ sent }) => sent);
  return {
    turns: outcomes.reduce((sum, { messages }) => sum + messages.filter(({ role }) => role === 'assistant').length, 0),
    sentTwice: all.filter(({ results }) => results.length > 1).length,
    lost: count.lost,
    duplicated: count.duplicated,
    outOfOrder: count.outOfOrder,
    failed: count.failed,
    streamedDiffers: count.differs,
    streamedShort: count.short,
    shownDiffers: count.shown,
    rewritten: outcomes.reduce((sum, { reader }) => sum + reader.rewritten, 0),
    clientErrors: all.flatMap(({ errors }) => errors),
    leftRunning: count.left,
    longestStall,
    characters,
    charactersTwice,
    resumptions: resumptions.length,
    details,
  };
}

function stallOf({ messageId, sentAt, answeredAt }: SentMessage, reader: SessionReader): Stall {
  const end = answeredAt ?? Date.now();
  let stall: Stall = { messageId, at: sentAt, ms: 0 };
  let before = sentAt;
  for (const at of [...reader.eventTimes(messageId).filter((each) => each > sentAt && each < end), end]) {
    if (at - before > stall.ms) stall = { messageId, at: before, ms: at - before };
    before = at;
  }
  return stall;
}

function difference(seen: string, stored: string): string {
  let same = 0;
  while (same < seen.length && seen[same] === stored[same]) same++;
  const at = (text: string): string => JSON.stringify(text.slice(same, same + 40));
  return `from character ${same} of ${stored.length} on ${at(seen)} was shown and ${at(stored)} is stored`;
}
