import type { PanelHandle } from '../../client/panel-handle.js';
import { renderResult } from '../../domain/panel/render-result.js';
import type { CliContext } from '../context.js';
import { printable } from '../terminal.js';
import { watchPanel } from './watch-panel.js';

export interface ShowOptions {
  /** Shows a live tree until the end. */
  readonly watch?: boolean;
  readonly json?: boolean;
}

/**
 * Waits for the end of a panel and prints its result. If the user interrupts it, the panel continues, and a note says so.
 *
 * @param signal aborts when the user interrupts; it may have aborted before this call
 * @returns the exit code
 */
export async function showPanel(
  handle: PanelHandle,
  { terminal }: CliContext,
  { watch, json }: ShowOptions,
  signal: AbortSignal,
): Promise<number> {
  const interrupted = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  const shown = async () => {
    if (watch) await watchPanel(handle, terminal, signal);
    return handle.result();
  };
  const result = await Promise.race([shown(), interrupted]);
  if (result === undefined) {
    const { panelId } = handle;
    terminal.note(
      `Panel ${panelId} continues in the background. Watch it: colloquy panel show ${panelId} · end it: colloquy panel cancel ${panelId}`,
    );
    return 130;
  }
  terminal.print(json ? JSON.stringify(result) : printable(renderResult(result)).trimEnd());
  return 0;
}
