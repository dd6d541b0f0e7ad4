// The same with nothing but Temporal's own client: a session is a workflow like any other. Starts it, signals two turns, and reads
// the transcript by query until both are answered.
// Run it in a second terminal while the stack runs: npm start -- --no-chat
import { Client, Connection } from '@temporalio/client';

const { TEMPORAL_ADDRESS, COLLOQUY_TEMPORAL_PORT = '7233' } = process.env;
const address = TEMPORAL_ADDRESS ?? `127.0.0.1:${COLLOQUY_TEMPORAL_PORT}`;
const connection = await Connection.connect({ address });
const client = new Client({ connection });

const sessionId = `example-${Date.now()}`;
const session = await client.workflow.start('chatSessionWorkflow', {
  workflowId: `chat-session/${sessionId}`,
  taskQueue: 'colloquy/sessions',
  args: [{ sessionId, settings: { modelId: 'smollm2-135m-instruct' } }],
});

await session.signal('userTurn', { messageId: 'first', text: 'What is the capital of France?' });
await session.signal('userTurn', { messageId: 'second', text: 'And what is the capital of Italy?' });

let messages = [];
while (messages.filter(({ role, failure }) => role === 'assistant' || failure).length < 2) {
  await new Promise((resolve) => setTimeout(resolve, 500));
  ({ messages } = await session.query('getTranscript'));
}
for (const { role, text, failure } of messages)
  console.log(`${role}: ${text}${failure ? ` (${failure.message})` : ''}`);

await session.signal('endSession');
await connection.close();
