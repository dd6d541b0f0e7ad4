import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { expect, it } from 'vitest';
import { ArchiveError } from '../archive/archive-error.js';
import { DatabaseError } from '../database/database-error.js';
import { ModelError } from '../inference/model-error.js';
import { GuardedFetchError } from '../net/guarded-fetch-error.js';
import { WebSearchError } from '../retrieval/web/web-search-error.js';
import { ToolError } from '../tools/tool-error.js';
import { toFailure } from './to-failure.js';

it.each([
  ['Model.NotFound', true],
  ['Model.Damaged', true],
  ['Model.ContextOverflow', true],
  ['Model.Unsupported', true],
  ['Model.OutputRejected', true],
  ['Model.InvalidRequest', true],
  ['Model.Unavailable', false],
  ['Model.Crashed', false],
] as const)('%s → final: %s', (type, nonRetryable) => {
  expect(toFailure(new ModelError(type, 'what and what to do'))).toMatchObject({
    type,
    nonRetryable,
    message: 'what and what to do',
  });
});

it.each([
  [new DatabaseError('Database.Unreachable', 'start it'), false],
  [new DatabaseError('Database.Refused', 'set it'), false],
  [new DatabaseError('Database.Full', 'free some'), false],
  [new ArchiveError('Archive.Conflict', 'a new turn'), true],
  [new ArchiveError('InvalidRequest', 'a number'), true],
])('%s → final: %s', (error, nonRetryable) => {
  expect(toFailure(error)).toMatchObject({ type: error.type, nonRetryable, message: error.message });
});

it.each([
  ['Tool.NotFound', undefined, true],
  ['Tool.InvalidArguments', undefined, true],
  ['Tool.Failed', undefined, true],
  ['Tool.Failed', true, false],
  ['Tool.TimedOut', undefined, false],
  ['Tool.TimedOut', false, true],
] as const)('%s, retryable: %s → final: %s', (type, retryable, nonRetryable) => {
  const cause = new Error('why');
  expect(toFailure(new ToolError(type, 'what', { retryable, cause }))).toMatchObject({
    type,
    nonRetryable,
    message: 'what',
    cause,
  });
});

it.each([
  [new WebSearchError('rate-limited', 'later', { retryAfterMs: 2000 }), 'Web.RateLimited', false],
  [new WebSearchError('rate-limited', 'tomorrow', { retryAfterMs: 3_600_000 }), 'Web.RateLimited', true],
  [new WebSearchError('bad-key', 'no'), 'Web.BadKey', true],
  [new GuardedFetchError('status', 'gone', { status: 410 }), 'Web.Unavailable', true],
  [new GuardedFetchError('status', 'busy', { status: 503 }), 'Web.Unavailable', false],
  [new GuardedFetchError('timed-out', 'slow'), 'Web.TimedOut', false],
])('%s → %s, final: %s', (error, type, nonRetryable) => {
  expect(toFailure(error)).toMatchObject({ type, nonRetryable, message: error.message });
});

it('keeps numbers, cause and when to try again', () => {
  const cause = new Error('ECONNREFUSED');
  const failure = toFailure(
    new ModelError('Model.Unavailable', 'busy', { cause, retryAfterMs: 1500, details: { queued: 64 } }),
  );
  expect(failure).toBeInstanceOf(ApplicationFailure);
  expect(failure).toMatchObject({ details: [{ queued: 64 }], nextRetryDelay: 1500, cause });
});

it('leaves cancellation and what nobody foresaw as they are', () => {
  const cancelled = new CancelledFailure('WORKER_SHUTDOWN');
  const bug = new TypeError('x is not a function');
  expect(toFailure(cancelled)).toBe(cancelled);
  expect(toFailure(bug)).toBe(bug);
});
