// Serves a token stream. Arguments: the compiled sources, the socket's path.
const [, , sources, path] = process.argv;
const { TokenLog } = await import(`${sources}/streaming/token-log.js`);
const { serveTokenStream } = await import(`${sources}/streaming/socket-server.js`);
await serveTokenStream(new TokenLog(), path);
process.stdout.write('{"serving":true}\n');
