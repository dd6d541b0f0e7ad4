import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { failureConverter } from './failure-converter.js';

const HALF = '\ud83d';

function stringsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return [];
  return Object.values(value).flatMap(stringsOf);
}

describe('a failure of a workflow can be encoded', () => {
  it.each<[string, unknown]>([
    ['a plain error', new Error(`a ${HALF}`)],
    ['its cause', new Error('a', { cause: new Error(`b ${HALF}`) })],
    ['a text', `a ${HALF}`],
    ['a type', ApplicationFailure.create({ message: 'a', type: HALF })],
    ['details that no converter takes', ApplicationFailure.nonRetryable('a', 'x', [HALF, 1n])],
  ])('%s', (_name, error) => {
    const failure = failureConverter.errorToFailure(error, defaultPayloadConverter);
    expect(failure.message).not.toBe('');
    expect(stringsOf(failure).filter((text) => !text.isWellFormed())).toEqual([]);
  });
});
