// Supervises one child and prints its pid when it is ready. Arguments: the compiled sources, the child program, its behaviour.
const [, , sources, child, behaviour] = process.argv;
const { superviseProcess } = await import(`${sources}/workers/stack/supervised-process.js`);
const supervised = superviseProcess({
  name: 'child',
  command: process.execPath,
  args: [child, sources, behaviour],
  onEvent: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
});
process.on('SIGUSR1', () => process.exit(0));
await supervised.ready;
