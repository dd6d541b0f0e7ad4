import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { DEFAULT_LIMITS, exchangeFetch } from './http-exchange.js';
import { describeOpenAiServer } from '../openai/openai-compatible-model.js';

it('a failure whose text never ends is told by its beginning', async () => {
  const server = createServer((_, response) => {
    response.writeHead(500);
    const timer = setInterval(() => response.write('out of memory '.repeat(1000)), 1);
    response.once('close', () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  try {
    const ask = exchangeFetch(describeOpenAiServer('m', url), DEFAULT_LIMITS, new AbortController().signal);
    await expect(ask(url)).rejects.toMatchObject({
      type: 'Model.Crashed',
      message: expect.stringContaining('failed (500: out of memory out of') as string,
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
