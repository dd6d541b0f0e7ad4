// Prints an answer while it is written. It finds the stack that runs on this machine with the same COLLOQUY_HOME by itself.
// Run it in a second terminal while the stack runs: npm start -- --no-chat
import { connect } from 'colloquy';

const colloquy = await connect();
const session = await colloquy.startSession({ modelId: 'smollm2-135m-instruct' });

let pieces = 0;
await session.send('Why is the sky blue?', {
  onText(text) {
    pieces++;
    process.stdout.write(text);
  },
});
console.log(`\n(${pieces} pieces)`);
await colloquy.close();
