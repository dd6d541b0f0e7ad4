// Runs with three parts to close. Arguments: the compiled sources, and how the parts close.
import { setTimeout as sleep } from 'node:timers/promises';

const [, , sources, behaviour] = process.argv;
const { Shutdown } = await import(`${sources}/workers/stack/shutdown.js`);
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const shutdown = new Shutdown({ onNotice: (notice) => print({ notice }) });
shutdown.add('server', () => print('server closed'));
shutdown.add(
  'workers',
  async () => {
    if (behaviour === 'fails') throw new Error('no');
    await sleep(behaviour === 'slow' ? 60_000 : 100);
    print('workers closed');
  },
  behaviour === 'overruns' ? 10 : 100_000,
);
shutdown.add('chat', () => print('chat closed'));
shutdown.listen();
shutdown.signal.addEventListener('abort', () => print('shutting down'));
setInterval(() => {}, 1_000);
print('running');
