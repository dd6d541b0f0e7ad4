import { describe, expect, it } from 'vitest';
import { runGroups, unknownGroup } from './run-groups.js';
import type { BenchOptions, BenchRow } from './bench-row.js';

const groups = {
  history: () => Promise.resolve([row('history')]),
  overhead: () => Promise.resolve([row('overhead')]),
};

function row(id: string): BenchRow {
  return { id, what: id, value: 1, unit: 'ms' };
}

function options(only?: string): BenchOptions {
  return { quick: true, only, onNotice: () => undefined, signal: new AbortController().signal };
}

describe('groups of a benchmark', () => {
  it('all run, in order', async () => {
    expect((await runGroups(groups, options())).map(({ id }) => id)).toEqual(['history', 'overhead']);
  });

  it('run alone when --only names one', async () => {
    expect((await runGroups(groups, options('overhead'))).map(({ id }) => id)).toEqual(['overhead']);
  });

  it.each(['5.4', 'histories', '', 'toString'])('are listed when --only names none of them: "%s"', (only) => {
    expect(unknownGroup('sessions', Object.keys(groups), only)).toBe(
      `"sessions" has no group "${only}". Its groups: history, overhead.`,
    );
  });

  it.each(['history', undefined])('are accepted by name: %s', (only) => {
    expect(unknownGroup('sessions', Object.keys(groups), only)).toBeUndefined();
  });
});
