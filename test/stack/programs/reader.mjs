// Reads the answer that writer.mjs writes, and prints it when it has ended. Arguments: the compiled sources, the address of a Redis.
const [, , sources, redisUrl] = process.argv;
const { connectRedisStream } = await import(`${sources}/streaming/redis-stream.js`);
const stream = await connectRedisStream(redisUrl);
let text = '';
for await (const event of stream.subscribe('s', { signal: new AbortController().signal, messageId: 'm' })) {
  if (event.type === 'text-delta') text = text.slice(0, event.offset) + event.text;
  if (event.type === 'text-end') break;
}
process.stdout.write(`${JSON.stringify(text)}\n`);
await stream.close();
