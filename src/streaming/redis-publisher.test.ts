import { expect, it } from 'vitest';
import { decodeEntry, foldHistory, redisKeys } from './redis-protocol.js';
import { RedisPublisher } from './redis-publisher.js';

it('keeps the thoughts of an answer where its stream begins anew with the whole text', async () => {
  const publisher = new RedisPublisher(redisKeys('n'), { endedExpiryMs: 1000, silentExpiryMs: 1000 });
  let entries: string[][] = [];
  let newBeginnings = 0;
  const abort = new AbortController();
  const serving = publisher.serve(
    {
      // eslint-disable-next-line @typescript-eslint/require-await -- as Redis does what it is sent
      async send(commands) {
        for (const [name, , , how, most, , ...fields] of commands) {
          if (name !== 'XADD') continue;
          entries.push(fields);
          if (how !== '=') continue;
          newBeginnings++;
          entries = entries.slice(-Number(most));
        }
        return commands.map(() => null);
      },
    },
    abort.signal,
  );
  const thoughts = 'Let me think. '.repeat(100);
  let text = '';
  publisher.publish('s', { type: 'text-start', messageId: 'm' });
  publisher.publish('s', { type: 'thinking-delta', messageId: 'm', offset: 0, text: thoughts });
  for (let index = 0; index < 2000; index++) {
    publisher.publish('s', { type: 'text-delta', messageId: 'm', offset: text.length, text: `${index} ` });
    text += `${index} `;
    await new Promise((resolve) => setImmediate(resolve));
  }
  abort.abort();
  await serving;
  expect(newBeginnings).toBeGreaterThan(0);
  const known = foldHistory(entries.flatMap((fields) => decodeEntry(['1-0', fields]) ?? []));
  expect(known).toEqual([
    { type: 'text-start', messageId: 'm' },
    { type: 'thinking-delta', messageId: 'm', offset: 0, text: thoughts },
    { type: 'text-delta', messageId: 'm', offset: 0, text },
  ]);
});
