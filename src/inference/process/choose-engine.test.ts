import { describe, expect, it } from 'vitest';
import { chooseEngine } from './choose-engine.js';

const engines = (...busy: number[]) => busy.map((one) => ({ busy: one }));

describe('the choice of an engine', () => {
  it('keeps one request at a time on the first', () => {
    expect(chooseEngine({ engines: engines(0), mayStart: true })).toBe(0);
    expect(chooseEngine({ engines: engines(0, 0), mayStart: true })).toBe(0);
  });

  it('starts another when all are busy, as long as it may', () => {
    expect(chooseEngine({ engines: engines(1), mayStart: true })).toBe(1);
    expect(chooseEngine({ engines: engines(1), mayStart: false })).toBe(0);
    expect(chooseEngine({ engines: engines(2, 1), mayStart: true })).toBe(2);
  });

  it('takes the one with the least to do', () => {
    expect(chooseEngine({ engines: engines(2, 1, 1), mayStart: false })).toBe(1);
    expect(chooseEngine({ engines: engines(1, 0), mayStart: true })).toBe(1);
  });

  it('stays with the one that holds a long conversation, however busy', () => {
    expect(chooseEngine({ engines: engines(3, 0), mayStart: true, holder: { index: 0, tokens: 3000 } })).toBe(0);
    expect(chooseEngine({ engines: engines(3), mayStart: true, holder: { index: 0, tokens: 3000 } })).toBe(0);
  });

  it('leaves the one that holds a short conversation for one with less to do, not for one with as much', () => {
    const holder = { index: 1, tokens: 40 };
    expect(chooseEngine({ engines: engines(0, 1), mayStart: false, holder })).toBe(0);
    expect(chooseEngine({ engines: engines(1, 1), mayStart: false, holder })).toBe(1);
    expect(chooseEngine({ engines: engines(0, 0), mayStart: true, holder })).toBe(1);
    expect(chooseEngine({ engines: engines(1, 1), mayStart: true, holder })).toBe(2);
  });
});
