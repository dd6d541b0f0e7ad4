import { createServer as createHttpServer } from 'node:http';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { probeTemporal } from './probe-temporal.js';

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.on('connection', (socket) => sockets.add(socket.on('error', () => {})));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

async function probe(address: string): Promise<{ found: string; ms: number }> {
  const before = performance.now();
  return { found: await probeTemporal(address), ms: performance.now() - before };
}

// The stack tests, which start a real server, cover that case. 4 s: the promised 3 s, and a margin for a busy machine.
test.each([
  ['an HTTP server', () => createHttpServer((_, response) => response.end('hello'))],
  ['a server that never says anything', () => createTcpServer()],
  ['a server that hangs up', () => createTcpServer((socket) => socket.destroy())],
  ['a server that talks nonsense', () => createTcpServer((socket) => socket.write('220 mail ready\r\n'))],
])('%s is something else, and this is known soon', async (_, create) => {
  const { found, ms } = await probe(await listen(create()));
  expect(found).toBe('something-else');
  expect(ms).toBeLessThan(4_000);
});

test('a port where nobody listens is nothing', async () => {
  const server = createTcpServer();
  const address = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  expect(await probe(address)).toMatchObject({ found: 'nothing' });
});

test('a host that does not exist is nothing', async () => {
  const { found, ms } = await probe('no-such-host.invalid:7233');
  expect(found).toBe('nothing');
  expect(ms).toBeLessThan(4_000);
});
