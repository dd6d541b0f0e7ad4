// Writes an answer of numbered words, one every few ms, each with the time of its writing. Arguments: the compiled sources,
// the socket's path or the address of a Redis, the number of words, ms between them.
import { setTimeout as sleep } from 'node:timers/promises';

const [, , sources, path, words, everyMs] = process.argv;
const { openTokenStream } = await import(`${sources}/streaming/open-token-stream.js`);
const redisUrl = path.includes('://') ? path : undefined;
const onNotice = (line) => process.stderr.write(`${line}\n`);
const stream = await openTokenStream({ redisUrl, namespace: 'default', socketPath: path, onNotice });
const messageId = 'm';
let offset = 0;
stream.publish('s', { type: 'text-start', messageId });
for (let i = 0; i < Number(words); i++) {
  const text = `${i}@${performance.timeOrigin + performance.now()} `;
  stream.publish('s', { type: 'text-delta', messageId, offset, text });
  offset += text.length;
  await sleep(Number(everyMs));
}
stream.publish('s', { type: 'text-end', messageId, finishReason: 'stop' });
await stream.close();
