// Starts a session, sends two turns and prints the answers.
// Run it in a second terminal while the stack runs: npm start -- --no-chat
import { connect } from 'colloquy';

const colloquy = await connect();
const session = await colloquy.startSession({
  modelId: 'smollm2-135m-instruct',
  persona: 'You are a helpful assistant. Answer in one sentence.',
});
console.log(`session ${session.sessionId}`);

for (const question of ['What is the capital of France?', 'And what is the capital of Italy?']) {
  const { text, usage } = await session.send(question);
  console.log(`> ${question}\n${text}  (${usage.outputTokens} tokens in ${usage.durationMs} ms)`);
}

await session.end();
await colloquy.close();
