// Runs a Temporal server and prints what it has; SIGTERM stops it. Arguments: the compiled sources, the options as JSON.
const [, , sources, json] = process.argv;
const { startTemporalServer } = await import(`${sources}/workers/stack/temporal-server.js`);
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const server = await startTemporalServer({
  ...JSON.parse(json),
  signal: new AbortController().signal,
  onNotice: (notice) => print({ notice }),
});
process.on('SIGTERM', () => void server.stop().then(() => process.exit(0)));
process.on('SIGUSR2', () => {
  throw new Error('a bug');
});
const { origin, address, uiUrl, pid } = server;
print({ origin, address, uiUrl, pid });
setInterval(() => {}, 1_000);
