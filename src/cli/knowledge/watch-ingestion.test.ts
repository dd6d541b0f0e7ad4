import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { IngestionHandle, IngestionProgress } from '../../client/ingestion-handle.js';
import { beginIngestion, recordNotes } from '../../domain/knowledge/ingestion.js';
import { watchIngestion } from './watch-ingestion.js';

describe('watchIngestion', () => {
  it.each([false, true])('tells each note once, by the name of its document (quiet: %s)', async (isQuiet) => {
    const begun = beginIngestion({ knowledgeBase: 'docs', sources: ['/srv/manuals'] });
    const states = [
      recordNotes(begun, '/srv/manuals/a.txt', ['read as windows-1252, which is a guess']),
      recordNotes(
        recordNotes(begun, '/srv/manuals/a.txt', ['read as windows-1252, which is a guess']),
        '/srv/manuals/b.txt',
        ['read as koi8-r, which is a guess'],
      ),
    ];
    let asked = 0;
    let end = (): void => undefined;
    const result = new Promise<undefined>((resolve) => (end = () => resolve(undefined)));
    const progress = (): Promise<IngestionProgress> => {
      const state = states[Math.min(asked++, 1)] ?? begun;
      if (asked === 2) end();
      return Promise.resolve({ ...state, reading: [] });
    };
    const handle: IngestionHandle = {
      workflowId: 'w',
      wasRunning: false,
      progress,
      result: () => result,
      cancel: () => Promise.resolve(),
    };
    const lines: string[] = [];
    const err = Object.assign(new PassThrough(), { isTTY: false }) as unknown as NodeJS.WriteStream;
    const terminal = { err, note: (line: string) => void lines.push(line) };
    await watchIngestion(handle, { terminal, signal: new AbortController().signal, isQuiet });
    expect(lines.filter((line) => line.startsWith('note: '))).toEqual([
      'note: manuals/a.txt: read as windows-1252, which is a guess',
      'note: manuals/b.txt: read as koi8-r, which is a guess',
    ]);
  });
});
