import { describe, expect, it } from 'vitest';
import { isErrorAnswer, toldError } from './error-answer.js';

// In each error, every field but one may be missing, or have a type that no reference documents.
describe('an error as a server tells it', () => {
  it.each([
    [{ error: 'no room' }, 'no room', undefined],
    [{ error: { message: 'no room' } }, 'no room', undefined],
    [{ error: { message: 'no room', code: 503 } }, 'no room', 503],
    [{ error: { message: 'no room', code: null, type: 'rate_limit_exceeded', param: {} } }, 'no room', 429],
    [{ object: 'error', message: 'no room', code: '400' }, 'no room', 400],
    [{ detail: 'no room' }, 'no room', undefined],
    [{ detail: [{ loc: ['body'], msg: 'no room' }, { msg: 'at all' }] }, 'no room; at all', undefined],
    [{ errors: [{ message: 'no room' }] }, 'no room', undefined],
    [{ error: null, message: 'no room', status: 502, msg: 5, type: [], object: {} }, 'no room', 502],
  ])('%j', (value, message, status) => {
    expect(toldError(value)).toEqual({ message, status });
  });

  it.each([[null], [5], [''], [[]], [{}], [{ error: {} }], [{ choices: [] }]])('%j is none', (value) => {
    expect(toldError(value)).toBeUndefined();
    expect(isErrorAnswer(value)).toBe(false);
  });

  it('is told from an answer', () => {
    expect(isErrorAnswer({ error: { code: 500 } })).toBe(true);
    expect(isErrorAnswer({ object: 'error', message: 'x' })).toBe(true);
    expect(isErrorAnswer({ choices: [], error: null })).toBe(false);
    expect(isErrorAnswer({ choices: [], message: 'x', status: 500 })).toBe(false);
  });
});
