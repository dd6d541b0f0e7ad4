import { describe, expect, it } from 'vitest';
import { startLocalServer } from '../../test/setup/local-server.js';
import { calculator } from './calculator.js';
import { callTool } from './call-tool.js';
import { createClock } from './clock.js';
import { createHttpFetch } from './http-fetch.js';
import type { Tool } from './tool.js';

const call = (tool: Tool, args: unknown, signal = new AbortController().signal): Promise<string> =>
  callTool(tool, args, { signal, idempotencyKey: 'k' });

describe('calculator', () => {
  it.each([
    ['17 * 23', '391'],
    ['0.1 + 0.2', '0.3'],
    ['1 / 3', '0.333333333333333'],
    ['9007199254740991', '9007199254740991'],
    ['2 ^ 64', 'about 18446744073709600000'],
    ['10 ^ 30', 'about 1e+30'],
    ['-0', '0'],
  ])('%s is %s', async (expression, result) => expect(await call(calculator, { expression })).toBe(result));

  it('says why there is no result, and that trying again is of no use', async () => {
    await expect(call(calculator, { expression: '1 / 0' })).rejects.toMatchObject({
      type: 'Tool.Failed',
      isRetryable: false,
      message: '"1 / 0" cannot be calculated: division by zero.',
    });
  });
});

describe('clock', () => {
  const clock = createClock(() => new Date('2026-03-01T18:30:05.678Z'));

  it.each([
    [{}, 'Sunday 1 March 2026 at 18:30:05, time zone UTC. ISO 8601: 2026-03-01T18:30:05+00:00'],
    [
      { timeZone: 'Asia/Kolkata' },
      'Monday 2 March 2026 at 00:00:05, time zone Asia/Calcutta. ISO 8601: 2026-03-02T00:00:05+05:30',
    ],
    [
      { timeZone: 'new york' },
      'Sunday 1 March 2026 at 13:30:05, time zone America/New_York. ISO 8601: 2026-03-01T13:30:05-05:00',
    ],
  ])('%j: %s', async (args, words) => {
    expect((await call(clock, args)).replaceAll(',', '').replace(' at ', ' ').replace('Kolkata', 'Calcutta')).toBe(
      words.replaceAll(',', '').replace(' at ', ' '),
    );
  });

  it('says how zones are named', async () => {
    await expect(call(clock, { timeZone: 'Middle-earth' })).rejects.toMatchObject({
      type: 'Tool.InvalidArguments',
      message: 'There is no time zone "Middle-earth". Name one as Europe/Paris, Asia/Shanghai or UTC.',
    });
  });
});

describe('http-fetch', () => {
  const connection = { mayConnectTo: (address: string) => address === '127.0.0.1' };

  it('reads the text of a page of an allowed host', async () => {
    await using server = await startLocalServer((_request, response) =>
      response
        .writeHead(200, { 'content-type': 'text/html' })
        .end(
          '<title>News</title><script>x</script><nav><a href="/">Home</a></nav><p>Rain &amp; sun, 3 &le; 4 &#x2192; caf&eacute<p hidden>no</p>',
        ),
    );
    const tool = createHttpFetch({ allow: [new URL(server.url).host], connection });
    expect(await call(tool, { url: server.url })).toBe('News\n\nRain & sun, 3 ≤ 4 → café');
    expect(tool.description).toContain('127.0.0.1');
    await expect(call(tool, { url: 'https://elsewhere.example/' })).rejects.toMatchObject({
      type: 'Tool.Failed',
      isRetryable: false,
      message: 'elsewhere.example is not among the hosts that may be asked.',
    });
  });

  it('says whether to try again', async () => {
    await using server = await startLocalServer((_request, response) => response.writeHead(503).end());
    const tool = createHttpFetch({ allow: ['*', new URL(server.url).host], connection });
    await expect(call(tool, { url: server.url })).rejects.toMatchObject({ type: 'Tool.Failed', isRetryable: true });
  });

  it('is safe as it comes: no host, and never this machine', async () => {
    await expect(call(createHttpFetch({ allow: [] }), { url: 'https://example.org' })).rejects.toThrow(
      'COLLOQUY_FETCH_ALLOW of the tools worker names none',
    );
    await using server = await startLocalServer((_request, response) => response.end('secret'));
    const tool = createHttpFetch({ allow: [new URL(server.url).host] });
    await expect(call(tool, { url: server.url })).rejects.toThrow(
      '127.0.0.1 is not an address on the public internet.',
    );
    expect(server.requests).toEqual([]);
  });

  it('leaves the server when the call is stopped', async () => {
    const caller = new AbortController();
    await using server = await startLocalServer(() => caller.abort(new Error('stopped')));
    const tool = createHttpFetch({ allow: [new URL(server.url).host], connection });
    await expect(call(tool, { url: server.url }, caller.signal)).rejects.toThrow('stopped');
  });
});
