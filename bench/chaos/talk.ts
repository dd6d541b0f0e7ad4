import { setTimeout as sleep } from 'node:timers/promises';
import type { SendMessageResult, SessionHandle } from '../../src/client/index.js';

/** A message that was sent, once or more, until it was answered or the time was over. */
export interface SentMessage {
  readonly sessionId: string;
  readonly messageId: string;
  readonly text: string;
  readonly sentAt: number;
  answeredAt?: number;
  /** Of each sending that got one. */
  readonly results: SendMessageResult[];
  /** Of each call of `send`. */
  readonly shown: Shown[];
  /** What the client threw though the message was well: each is a fault of the client, which should have repeated it. */
  readonly errors: string[];
}

/** What `onText` showed, appended, as a terminal does. */
export interface Shown {
  text: string;
  isAnswered: boolean;
}

export interface TalkOptions {
  readonly session: SessionHandle;
  readonly random: () => number;
  readonly question: (turn: number) => string;
  /** No new message after this. */
  readonly until: AbortSignal;
  /** Gives up what is not answered. */
  readonly signal: AbortSignal;
  readonly sent: SentMessage[];
}

/** How many messages are sent twice. */
const SENT_TWICE = 0.3;
const SECOND_AFTER_MS = 2_000;
const REPEAT_MS = 500;

/** A user who waits for each answer, and sends some messages twice by the same id, as one who is not sure does. */
export async function talk(options: TalkOptions): Promise<void> {
  const { session, random, question, until, signal, sent } = options;
  for (let turn = 1; !until.aborted && !signal.aborted; turn++) {
    const { sessionId } = session;
    const message: SentMessage = {
      sessionId,
      messageId: `${sessionId}-${turn}`,
      text: question(turn),
      sentAt: Date.now(),
      results: [],
      shown: [],
      errors: [],
    };
    sent.push(message);
    const sendings = [sendUntilAnswered(options, message)];
    const secondAfterMs = random() * SECOND_AFTER_MS;
    if (random() < SENT_TWICE) {
      sendings.push(sleep(secondAfterMs).then(() => sendUntilAnswered(options, message)));
    }
    await Promise.all(sendings);
    if (message.results.length > 0) message.answeredAt = Date.now();
  }
}

async function sendUntilAnswered({ session, signal }: TalkOptions, message: SentMessage): Promise<void> {
  const { messageId, text } = message;
  while (!signal.aborted) {
    const attempt: Shown = { text: '', isAnswered: false };
    message.shown.push(attempt);
    try {
      const result = await session.send(text, { messageId, onText: (news) => (attempt.text += news) });
      attempt.isAnswered = true;
      message.results.push(result);
      return;
    } catch (error) {
      message.errors.push(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
      await sleep(REPEAT_MS);
    }
  }
}
