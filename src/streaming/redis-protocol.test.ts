import { expect, test } from 'vitest';
import { decodeEntry, encodeEvent, foldHistory } from './redis-protocol.js';
import type { StreamEvent } from './token-stream.js';

const start = (messageId: string): StreamEvent => ({ type: 'text-start', messageId });
const delta = (messageId: string, offset: number, text: string): StreamEvent => ({
  type: 'text-delta',
  messageId,
  offset,
  text,
});
const end = (messageId: string): StreamEvent => ({ type: 'text-end', messageId, finishReason: 'stop' });

test('a history comes to the newest answer, its text by the rule of offsets', () => {
  expect(foldHistory([])).toEqual([]);
  expect(foldHistory([start('m'), delta('m', 0, 'old'), end('m'), start('n')])).toEqual([start('n')]);
  expect(
    foldHistory([delta('m', 0, 'Hello wor'), start('m'), delta('m', 6, 'world'), delta('m', 12, 'gap'), end('m')]),
  ).toEqual([start('m'), delta('m', 0, 'Hello world'), end('m')]);
});

test('of progress a history keeps the newest that no text and no end came after', () => {
  const progress = (messageId: string, done: number): StreamEvent => ({
    type: 'progress',
    messageId,
    step: 'queued',
    done,
    total: 3,
  });
  expect(foldHistory([start('m'), progress('m', 3), progress('m', 1)])).toEqual([start('m'), progress('m', 1)]);
  expect(foldHistory([start('m'), progress('m', 1), delta('m', 0, 'a')])).toEqual([start('m'), delta('m', 0, 'a')]);
  expect(foldHistory([start('m'), progress('m', 1), end('m')])).toEqual([start('m'), end('m')]);
  // A writer that lost its turn makes no message the newest.
  expect(foldHistory([start('m'), end('m'), start('n'), progress('m', 1)])).toEqual([start('n')]);
  expect(foldHistory([progress('m', 1)])).toEqual([]);
});

test('a history whose beginning was trimmed says where it begins; one that goes on after its end is open', () => {
  expect(foldHistory([delta('m', 7, 'wor'), delta('m', 10, 'ld')])).toEqual([start('m'), delta('m', 7, 'world')]);
  expect(foldHistory([delta('m', 7, 'x'), delta('m', 5, 'yz')])).toEqual([start('m'), delta('m', 5, 'yz')]);
  expect(foldHistory([delta('m', 0, 'a'), end('m'), delta('m', 1, 'b')])).toEqual([start('m'), delta('m', 0, 'ab')]);
});

test('entries keep halves of surrogate pairs; what is no event is told apart', () => {
  const half = delta('m', 3, '\ud83d');
  const [, ...fields] = encodeEvent(half);
  expect(Buffer.from(fields.join('')).toString()).toBe(fields.join(''));
  expect(decodeEntry(['1-0', fields])).toEqual(half);
  for (const bad of [[], ['e'], ['e', 'nonsense'], ['e', '{"type":"text-start"}'], ['x', JSON.stringify(half)]]) {
    expect(decodeEntry(['1-0', bad])).toBeUndefined();
  }
});

test('thoughts and text are put together apart, thoughts first', () => {
  const thought = (offset: number, text: string): StreamEvent => ({
    type: 'thinking-delta',
    messageId: 'm',
    offset,
    text,
  });
  expect(
    foldHistory([
      start('m'),
      thought(0, 'Let me'),
      delta('m', 0, 'It'),
      thought(3, 'us'),
      delta('m', 2, ' is'),
      end('m'),
    ]),
  ).toEqual([start('m'), thought(0, 'Letus'), delta('m', 0, 'It is'), end('m')]);
});
