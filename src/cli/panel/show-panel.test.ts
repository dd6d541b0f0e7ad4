import { expect, it } from 'vitest';
import type { PanelHandle } from '../../client/panel-handle.js';
import type { CliContext } from '../context.js';
import { showPanel } from './show-panel.js';

it('tells how to go on when the user interrupted before it began to wait', async () => {
  const notes: string[] = [];
  const handle = { panelId: 'p1', result: () => new Promise(() => undefined) } as unknown as PanelHandle;
  const context = { terminal: { note: (text: string) => void notes.push(text) } } as unknown as CliContext;
  await expect(showPanel(handle, context, {}, AbortSignal.abort())).resolves.toBe(130);
  expect(notes).toEqual([expect.stringContaining('colloquy panel show p1')]);
});
