import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { ArtefactProgress } from './artefact.js';
import { createProgressBar, type ProgressDisplay } from './progress-bar.js';

/** A stream that records its output, with or without the properties of a terminal. */
function createStream(isTTY: boolean): { stream: NodeJS.WriteStream; text: () => string } {
  let text = '';
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 100, rows: 24, cursorTo: () => true });
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the code under test uses no other members of a WriteStream
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => text };
}

function reporter({ onProgress }: ProgressDisplay) {
  return (phase: ArtefactProgress['phase'], megabytes: number) =>
    onProgress({ name: 'tiny', title: 'Tiny', phase, bytes: megabytes * 1e6, totalBytes: 100e6 });
}

describe('createProgressBar', () => {
  it('prints a plain line at every quarter of a download where there is no terminal', () => {
    const { stream, text } = createStream(false);
    const display = createProgressBar(stream);
    const report = reporter(display);
    for (const megabytes of [0, 1, 24.9, 25, 26, 60, 99.9, 100]) report('download', megabytes);
    display.onNotice('A notice.');
    for (const megabytes of [1, 50, 100]) report('verify', megabytes);
    display.stop();
    expect(text()).toMatchInlineSnapshot(`
      "Downloading Tiny: 0% of 100.0 MB
      Downloading Tiny: 25% of 100.0 MB
      Downloading Tiny: 50% of 100.0 MB
      Downloading Tiny: 75% of 100.0 MB
      Downloading Tiny: 100% of 100.0 MB
      A notice.
      Verifying Tiny
      "
    `);
    expect(text()).not.toContain('\r');
  });

  it('moves a bar on a terminal, ends on the last state, and gives the cursor back', () => {
    const { stream, text } = createStream(true);
    const display = createProgressBar(stream);
    const report = reporter(display);
    report('download', 0);
    report('download', 100);
    display.stop();
    expect(text()).toContain('100% 100.0 MB of 100.0 MB');
    expect(text().lastIndexOf('\u001B[?25h')).toBeGreaterThan(text().lastIndexOf('\u001B[?25l'));
    expect(text().endsWith('\n')).toBe(true);
  });
});
