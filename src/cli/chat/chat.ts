import { ColloquyError } from '../../client/colloquy-error.js';
import type { SessionHandle } from '../../client/session-handle.js';
import type { ToolCall } from '../../domain/tools/tool-call.js';
import { describeCall, showAnswer } from '../session/show-answer.js';
import type { Terminal } from '../terminal.js';
import { catchUp } from './catch-up.js';
import { chatByPipe } from './chat-by-pipe.js';
import { INTERRUPT_HELP, obeyCommand } from './chat-commands.js';
import type { ChatSeat } from './chat-commands.js';
import { openChatInput } from './chat-input.js';
import type { ChatInput } from './chat-input.js';
import type { ChatOptions } from './chat-options.js';
import { openInputHistory } from './input-history.js';

/** A conversation in the terminal. @returns the exit code: 1 when a piped line was not answered. */
export async function runChat(options: ChatOptions): Promise<number> {
  return options.terminal.input.isTTY ? chatByHand(options) : chatByPipe(options);
}

async function chatByHand(options: ChatOptions): Promise<number> {
  const { terminal, signal, client, home, showThoughts = true, isContinued = false } = options;
  let stopTurn: AbortController | undefined;
  const leave = new AbortController();
  signal.addEventListener('abort', () => leave.abort(), { once: true });
  const input = openChatInput({
    terminal,
    history: home === undefined ? undefined : openInputHistory(home),
    onInterrupt: () => (stopTurn ?? leave).abort(),
    onEnd: () => leave.abort(),
  });
  /** Number of turns so far, as far as this chat knows; the next message adds one. */
  let turns = 0;
  const seat: ChatSeat = {
    terminal,
    session: options.session,
    modelId: options.modelId,
    uiLink: options.uiLink ?? (() => undefined),
    async startAnew(settings) {
      seat.session = await client.startSession(settings ?? { modelId: seat.modelId });
      turns = 0;
    },
    async show(ask) {
      stopTurn = new AbortController();
      const { session, modelId } = seat;
      const onWaitingCall = (call: ToolCall, heard: AbortSignal): Promise<void> =>
        askForApproval(input, { session, terminal }, call, AbortSignal.any([heard, leave.signal]));
      try {
        const stop = AbortSignal.any([stopTurn.signal, leave.signal]);
        const { turn } = await showAnswer(
          { client, session, modelId, terminal, showThoughts, onWaitingCall },
          stop,
          ask,
        );
        turns = Math.max(turns, turn);
      } finally {
        stopTurn = undefined;
      }
    },
  };
  /** Reports foreseeable failures, after which the chat continues. @returns undefined after such a failure; the exit code for a closed session */
  const telling = async <T>(action: () => Promise<T>): Promise<T | 'failed' | 'closed'> => {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof ColloquyError)) throw error;
      terminal.note(`✗ ${error.message}`);
      return error.type === 'SessionClosed' ? 'closed' : 'failed';
    }
  };

  terminal.note(`${INTERRUPT_HELP} /help lists the commands.`);
  try {
    if (isContinued) {
      await telling(() => catchUp(seat));
      await telling(async () => {
        turns = (await seat.session.status()).turnCount;
      });
    }
    while (!leave.signal.aborted) {
      const text = await input.readMessage(`[${turns + 1}] you> `, leave.signal);
      if (text === undefined) break;
      if (text.trim() === '') continue;
      const outcome = await telling(async () => {
        const obeyed = await obeyCommand(seat, text);
        if (obeyed === 'message') await seat.show((ask) => seat.session.send(text, ask));
        return obeyed;
      });
      if (outcome === 'leave') return 0;
      if (outcome === 'closed') return 1;
    }
    return 0;
  } finally {
    input.close();
  }
}

/** Only "yes" allows the call. Any other text refuses it and is the reason that the model is told. */
async function askForApproval(
  input: ChatInput,
  { session, terminal }: { readonly session: SessionHandle; readonly terminal: Terminal },
  call: ToolCall,
  signal: AbortSignal,
): Promise<void> {
  try {
    const reply = await input.ask(`May it call ${describeCall(call)}? [y/N, or why not] `, signal);
    if (/^y(es)?$/iu.test(reply.trim())) return void (await session.approve(call.callId));
    const reason = reply.trim().replace(/^no?\b[\s,.:]*/iu, '');
    await session.refuse(call.callId, reason === '' ? undefined : reason);
  } catch (error) {
    // The answer arrived, the call was decided elsewhere, or the user left; the turn reports which.
    if (error instanceof ColloquyError && !signal.aborted) terminal.note(`✗ ${error.message}`);
  }
}
