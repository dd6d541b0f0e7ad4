import { setTimeout as sleep } from 'node:timers/promises';
import type { PanelHandle } from '../../client/panel-handle.js';
import type { PanelStatus } from '../../domain/panel/status.js';
import { panelTree } from '../../domain/panel/tree.js';
import { printable } from '../terminal.js';
import type { Terminal } from '../terminal.js';

const POLL_MS = 300;

/**
 * Shows a panel until it ends or `signal` aborts. On a screen the tree is drawn in place; elsewhere each change of a question's state is a line, so that a log
 * reads as a story.
 */
export async function watchPanel(
  handle: PanelHandle,
  { err }: Pick<Terminal, 'err'>,
  signal: AbortSignal,
): Promise<void> {
  let drawn = 0;
  const told = new Set<string>();
  for (;;) {
    const status = await handle.status();
    if (signal.aborted) return;
    const lines = panelTree(status, new Date().toISOString(), (err.columns ?? 100) - 1).map(printable);
    if (err.isTTY) {
      err.write(`${drawn > 0 ? `\u001B[${drawn}A\u001B[J` : ''}${lines.join('\n')}\n`);
      drawn = lines.length;
    } else {
      for (const line of newsOf(status, told)) err.write(`${printable(line)}\n`);
    }
    if (status.activity === 'ended') return;
    await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

function newsOf(status: PanelStatus, told: Set<string>): string[] {
  const { activity, round, questions, review, waitingCalls, tokens } = status;
  const news = [
    `${activity}, round ${round}`,
    ...questions
      .filter(({ state }) => state !== 'waiting')
      .map(
        ({ questionId, expert, state, question, reason }) => `${questionId} ${expert} ${state}: ${reason ?? question}`,
      ),
    ...(review ? [`${review.kind} waits for a person's decision (${review.reviewId}): ${review.text}`] : []),
    ...waitingCalls.map(
      ({ callId, expert, tool }) => `${expert} wants to call ${tool} and waits for approval (${callId})`,
    ),
  ].filter((line) => !told.has(line));
  for (const line of news) told.add(line);
  return news.map((line) => `[${tokens.spent} tokens] ${line}`);
}
