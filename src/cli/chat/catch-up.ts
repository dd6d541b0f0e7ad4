import type { SessionHandle } from '../../client/session-handle.js';
import { isOpen } from '../../domain/session/conversation.js';
import type { Turn } from '../../domain/session/conversation.js';
import { printTranscript } from '../session/print-transcript.js';
import { printable } from '../terminal.js';
import type { Terminal } from '../terminal.js';
import type { ChatSeat } from './chat-commands.js';

/** Number of turns that are shown to a user who returns to a conversation. */
const SHOWN_TURNS = 3;

/**
 * Shows a user who returns the last turns, then the running answer from its beginning, then the answers of messages that wait. It sends those
 * messages again under their own ids, which returns their answers without asking twice.
 */
export async function catchUp(seat: Pick<ChatSeat, 'session' | 'terminal' | 'show'>): Promise<void> {
  const { session, terminal, show } = seat;
  const open = (await session.turns()).filter(isOpen);
  await showLastTurns(session, terminal, open);
  for (const { turn, messageId, text } of open) {
    terminal.print(printable(`${turn} user: ${text}`));
    await show((ask) => session.send(text, { ...ask, messageId }));
  }
}

async function showLastTurns(session: SessionHandle, terminal: Terminal, open: readonly Turn[]): Promise<void> {
  const transcript = await session.transcript();
  const isAnswered = new Set(open.map(({ turn }) => turn));
  const messages = transcript.messages.filter(({ turn }) => !isAnswered.has(turn));
  const turns = [...new Set(messages.map(({ turn }) => turn))];
  if (turns.length === 0) return;
  const shown = new Set(turns.slice(-SHOWN_TURNS));
  const left = turns.length - shown.size;
  if (left > 0) terminal.note(`(${left} earlier ${left === 1 ? 'turn' : 'turns'}: /transcript)`);
  printTranscript(terminal, { ...transcript, messages: messages.filter(({ turn }) => shown.has(turn)) });
}
