import type { PanelHandle } from '../client/panel-handle.js';
import { renderResult } from '../domain/panel/render-result.js';
import type { CliContext } from './context.js';
import { printable } from './terminal.js';
import { watchPanel } from './watch-panel.js';

export interface ShowOptions {
  /** A live tree until the end. */
  readonly watch?: boolean;
  readonly json?: boolean;
}

/** Waits for a panel's end and prints its result. */
export async function showPanel(
  handle: PanelHandle,
  { terminal }: CliContext,
  { watch, json }: ShowOptions,
): Promise<void> {
  if (watch) await watchPanel(handle, terminal);
  const result = await handle.result();
  terminal.print(json ? JSON.stringify(result) : printable(renderResult(result)).trimEnd());
}
