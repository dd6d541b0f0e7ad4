/**
 * A process that obeys as an engine's does, and is alive, but comes to no answer: its options, sent with `open`, say how its progress
 * goes on. `opening`: `{ advancesFor, opensAfter, isMute }` of questions how far it is; missing: it is open at once.
 */
let options = { advancesFor: 0, answersAfter: undefined, opening: undefined };
const asked = new Map();
let pings = 0;
let askedOpening = 0;

process.on('disconnect', () => process.exit(0));
process.on('message', (message) => {
  switch (message.type) {
    case 'open':
      ({ options } = message);
      if (options.opening === undefined) process.send({ type: 'opened' });
      break;
    case 'ping': {
      pings++;
      const working = [...asked.values()].map(({ id }) => ({ id, progress: Math.min(pings, options.advancesFor) }));
      process.send({ type: 'pong', working });
      if (pings < (options.answersAfter ?? Infinity)) break;
      for (const { id } of asked.values()) process.send({ type: 'result', id });
      asked.clear();
      break;
    }
    case 'ask-opening':
      if (options.opening !== undefined) open(options.opening, ++askedOpening);
      break;
    case 'ask':
      asked.set(message.id, message);
      break;
    case 'cancel':
      process.send({ type: 'notice', notice: `cancelled ${message.id}` });
      break;
    case 'dispose':
      process.exit(0);
  }
});

function open({ advancesFor = 0, opensAfter = Infinity, isMute = false }, times) {
  if (!isMute) process.send({ type: 'opening', progress: Math.min(times, advancesFor) });
  if (times < opensAfter) return;
  options.opening = undefined;
  process.send({ type: 'opened' });
}
