// A process of workers. Arguments: the compiled sources, the server's address, the queue, and "works" or "drains".
import { Worker } from '@temporalio/worker';
import pino from 'pino';

const [, , sources, address, taskQueue, behaviour] = process.argv;
const { exitWhenParentDies, reportReady } = await import(`${sources}/workers/stack/supervisor-link.js`);
const { runWorkerProcess } = await import(`${sources}/workers/worker-process.js`);

exitWhenParentDies();
await runWorkerProcess({
  address,
  logger: pino({ level: 'fatal' }),
  onReady: reportReady,
  createWorkers: async (connection, namespace) => {
    const worker = await Worker.create({
      connection,
      namespace,
      taskQueue,
      activities: { work: async () => undefined },
    });
    // As a worker does that the SDK stops: nobody asked this process to end.
    if (behaviour === 'drains') setTimeout(() => worker.shutdown(), 500);
    return [worker];
  },
});
