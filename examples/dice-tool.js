// A tool of your own: a function, the schema of its arguments, and when to use it.
// Try it: COLLOQUY_TOOLS=examples/dice-tool.js npx colloquy tools call dice --arguments '{"count":2,"sides":6}'
import { randomInt } from 'node:crypto';
import { defineTool, z } from 'colloquy/tools';

export default defineTool({
  name: 'dice',
  description: 'Rolls dice and tells what each shows.',
  parameters: z.object({
    count: z.int().min(1).max(20).describe('how many dice'),
    sides: z.int().min(2).max(100).default(6),
  }),
  examples: [{ message: 'Roll two dice for me.', arguments: { count: 2, sides: 6 } }],
  timeoutMs: 1_000,
  maxAttempts: 1,
  run: ({ count, sides }) => Array.from({ length: count }, () => randomInt(1, sides + 1)),
});
