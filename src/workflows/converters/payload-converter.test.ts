import { encode } from '@temporalio/common/lib/encoding.js';
import { describe, expect, it } from 'vitest';
import { Undecodable, payloadConverter } from './payload-converter.js';

const toWorkflow = { type: 'workflow', namespace: 'default', workflowId: 'w' } as const;
const json = (data: Uint8Array) => ({ metadata: { encoding: encode('json/plain') }, data });
const decoded = (payload: object): unknown => payloadConverter.fromPayload(payload, toWorkflow);

describe('an argument of a workflow', () => {
  it.each([[{ text: 'é 😀 \uFFFD' }], ['\ud83d'], [null], [undefined], [0], [[]]])('%j is what was sent', (value) => {
    expect(decoded(payloadConverter.toPayload(value))).toEqual(value);
  });

  it.each([
    ['no JSON', json(encode('{')), 'is not JSON'],
    ['broken UTF-8', json(Uint8Array.from([0x22, 0xc3, 0x28, 0x22])), 'is not valid UTF-8'],
    ['half a pair in bytes', json(Uint8Array.from([0x22, 0xed, 0xa0, 0xbd, 0x22])), 'is not valid UTF-8'],
    ['no data', { metadata: { encoding: encode('json/plain') } }, 'has no data'],
    ['bytes', { metadata: { encoding: encode('binary/plain') }, data: Uint8Array.of(1) }, 'encoding "binary/plain"'],
    ['no bytes', { metadata: { encoding: encode('binary/plain') } }, 'encoding "binary/plain"'],
    ['ciphers', { metadata: { encoding: encode('binary/encrypted') }, data: Uint8Array.of(1) }, '"binary/encrypted"'],
    ['an encoding without a name', { metadata: {}, data: encode('{}') }, 'without an encoding'],
    ['nothing', {}, 'without an encoding'],
  ])('that is %s is told from others', (_name, payload, fault) => {
    const value = decoded(payload);
    expect(value).toBeInstanceOf(Undecodable);
    expect((value as Undecodable).fault).toContain(fault);
  });

  it('that older versions took is kept for their histories', () => {
    const value = decoded(json(Uint8Array.from([0x22, 0xc3, 0x28, 0x22])));
    expect((value as Undecodable).decoded).toBe('\uFFFD(');
  });
});

it('a result of an activity is decoded as by the SDK', () => {
  const context = { type: 'activity', namespace: 'default', isLocal: false } as const;
  const bytes = Uint8Array.of(1, 2);
  const payload = { metadata: { encoding: encode('binary/plain') }, data: bytes };
  expect(payloadConverter.fromPayload(payload, context)).toEqual(bytes);
  expect(() => payloadConverter.fromPayload(json(encode('{')), context)).toThrow(SyntaxError);
});
