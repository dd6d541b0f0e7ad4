import { describe, expect, it } from 'vitest';
import { compareRuns } from './against-build.js';
import type { BenchRow } from './bench-row.js';

const row = (what: string, value: number, unit: string): BenchRow => ({ id: '1', what, value, unit });

describe('two builds', () => {
  it('are compared by the medians of their runs', () => {
    const rows = compareRuns(
      [[row('a turn', 9, 'ms')], [row('a turn', 10, 'ms')], [row('a turn', 90, 'ms')]],
      [[row('a turn', 10, 'ms')], [row('a turn', 10, 'ms')], [row('a turn', 1, 'ms')]],
      () => undefined,
    );
    expect(rows).toEqual([
      expect.objectContaining({
        what: 'a turn',
        value: 10,
        baseline: 10,
        ratio: 1,
        target: 'ratio <= 1.05',
        holds: true,
      }),
    ]);
  });

  it.each([
    ['times may not grow', 'ms', 12, false],
    ['times may fall', 's', 5, true],
    ['rates may not fall', 'turn/s', 5, false],
    ['rates may grow', 'turn/s', 12, true],
    ['of other units nothing is known', 'bytes', 12, undefined],
  ])('%s', (_, unit, value, holds) => {
    expect(compareRuns([[row('x', value, unit)]], [[row('x', 10, unit)]], () => undefined)[0]?.holds).toBe(holds);
  });

  it('are compared by the names of rows, whatever groups they belong to', () => {
    const older = [{ ...row('a turn', 10, 'ms'), id: '5.6' }];
    expect(compareRuns([[row('a turn', 9, 'ms')]], [older], () => undefined)[0]?.baseline).toBe(10);
  });

  it('are not compared in what only one of them measures', () => {
    const notices: string[] = [];
    expect(compareRuns([[row('new', 1, 'ms')]], [[row('old', 1, 'ms')]], (line) => notices.push(line))).toEqual([]);
    expect(notices).toEqual(['only this build measures: new']);
  });
});
