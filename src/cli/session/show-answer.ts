import { setTimeout as sleep } from 'node:timers/promises';
import type { ColloquyClient } from '../../client/colloquy-client.js';
import type { SendMessageResult } from '../../client/index.js';
import type { AskOptions, SessionHandle } from '../../client/session-handle.js';
import type { AnswerSources } from '../../domain/answer/answer-sources.js';
import type { ToolCall } from '../../domain/tools/tool-call.js';
import { excerpt } from '../../domain/text.js';
import { describeProgress } from '../show-progress.js';
import { formatSourceNotes, formatSources, listedSources } from '../answer/format-sources.js';
import { tellWait } from './tell-wait.js';
import { printable } from '../terminal.js';
import type { Terminal } from '../terminal.js';

export interface ShowAnswerOptions {
  readonly client: ColloquyClient;
  readonly session: SessionHandle;
  readonly modelId: string;
  readonly terminal: Terminal;
  /** Whether the thoughts of the model are shown. Default: true. */
  readonly showThoughts?: boolean;
  /** Asks the user whether a tool may be called. Default: a note says what to type in another terminal. */
  readonly onWaitingCall?: (call: ToolCall, signal: AbortSignal) => Promise<void>;
}

const LOOK_INTERVAL_MS = 2_000;

/** Asks for an answer and prints it as it is written. */
export async function showAnswer(
  options: ShowAnswerOptions,
  signal: AbortSignal,
  ask: (options: AskOptions) => Promise<SendMessageResult>,
): Promise<SendMessageResult> {
  const { client, modelId, terminal, showThoughts = true } = options;
  const heard = new AbortController();
  let progressAt: number | undefined;
  const waiting = tellWait({ client, modelId, terminal, lastProgressAt: () => progressAt }, heard.signal);
  const watching = watchForCalls(options, heard.signal);
  let isBroken = false;
  let isThinking = false;
  try {
    const result = await ask({
      signal,
      ...(showThoughts && {
        onThinking: (news: string) => {
          heard.abort();
          isThinking = true;
          terminal.think(news);
        },
      }),
      onText: (news) => {
        heard.abort();
        if (isThinking) terminal.think('\n\n');
        isThinking = false;
        isBroken = true;
        terminal.write(terminal.out.isTTY === true ? printable(news) : news);
      },
      onProgress: (progress) => {
        progressAt = performance.now();
        terminal.status(describeProgress(progress));
      },
      onUnreachable: () => terminal.note('The Temporal server does not respond; trying again…'),
    });
    terminal.write('\n');
    isBroken = false;
    if (result.sources) await showSources(result.sources, terminal);
    if (result.finishReason !== 'stop') terminal.note(FINISH_NOTES[result.finishReason]);
    return result;
  } finally {
    // The text of a failed answer stays on the screen; its failure goes on a line of its own.
    if (isThinking) terminal.think('\n');
    if (isBroken) terminal.write('\n');
    terminal.status(undefined);
    heard.abort();
    await Promise.all([watching, waiting]);
  }
}

async function showSources(sources: AnswerSources, terminal: Terminal): Promise<void> {
  for (const line of await formatSources(listedSources(sources))) terminal.note(line);
  for (const note of formatSourceNotes(sources)) terminal.note(note);
}

const FINISH_NOTES = {
  length: '(cut: the answer reached its token limit)',
  cancelled: '(stopped)',
  deadline: '(cut: the time for the answer ran out)',
  degenerate: '(cut: the text began to repeat itself)',
  filtered: "(cut: the server's content filter stopped the answer)",
} as const;

/** Looks for tool calls that need approval until text arrives; such calls come before any text. */
async function watchForCalls(
  { session, terminal, onWaitingCall }: ShowAnswerOptions,
  signal: AbortSignal,
): Promise<void> {
  const told = new Set<string>();
  while (!signal.aborted) {
    await sleep(LOOK_INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    // The call that waits for the answer reports problems with the session or the server.
    const waiting = await session.status().then(
      ({ waitingCalls }) => waitingCalls,
      () => [],
    );
    for (const call of waiting.filter(({ callId }) => !told.has(callId))) {
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it changes while the status is asked for
      if (signal.aborted) return;
      told.add(call.callId);
      const { sessionId } = session;
      if (onWaitingCall) await onWaitingCall(call, signal);
      else {
        terminal.note(
          `Waiting for approval of ${describeCall(call)}\n` +
            `Allow it: colloquy approve ${sessionId} · refuse it: colloquy refuse ${sessionId} --reason TEXT`,
        );
      }
    }
  }
}

/** On one line, safe to print. */
export function describeCall({ tool, arguments: args }: ToolCall): string {
  return printable(`${tool} ${excerpt(JSON.stringify(args), 300)}`);
}
