import { setTimeout as sleep } from 'node:timers/promises';
import { openTokenStream } from '../../src/streaming/open-token-stream.js';
import type { TokenPublisher } from '../../src/streaming/token-stream.js';

export interface WrittenAnswer {
  readonly sessionId: string;
  readonly pieces: number;
  readonly everyMs: number;
}

/** Writes an answer whose pieces tell when each was published, in ms since 1970: `@1767225600000.125 `. */
export async function writeAnswer(
  stream: TokenPublisher,
  { sessionId, pieces, everyMs }: WrittenAnswer,
): Promise<void> {
  const messageId = 'm';
  let offset = 0;
  stream.publish(sessionId, { type: 'text-start', messageId });
  for (let i = 0; i < pieces; i++) {
    const text = `@${performance.timeOrigin + performance.now()} `;
    stream.publish(sessionId, { type: 'text-delta', messageId, offset, text });
    offset += text.length;
    await sleep(everyMs);
  }
  stream.publish(sessionId, { type: 'text-end', messageId, finishReason: 'stop' });
}

// As a program of its own it writes to the stream that it is told of.
const settings = process.env.STREAM_WRITER;
if (settings !== undefined) {
  const { redisUrl, namespace, socketPath, ...answer } = JSON.parse(settings);
  const stream = await openTokenStream({
    redisUrl,
    namespace,
    socketPath,
    onNotice: (line) => void process.stderr.write(`${line}\n`),
  });
  await writeAnswer(stream, answer);
  await stream.close();
}
