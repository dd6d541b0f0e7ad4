// Looks an order up. Yours would ask the shop's database; this one has three orders, so that the example runs by itself.
// Try it: COLLOQUY_TOOLS=library/panels/customer-service/order-lookup.js npx colloquy tools call order-lookup -a '{"order":"A-1002"}'
import { defineTool, ToolError, z } from 'colloquy/tools';

const ORDERS = new Map([
  ['A-1001', { status: 'delivered', deliveredOn: '2026-03-02', items: ['teapot'] }],
  ['A-1002', { status: 'delayed', reason: 'storm', expectedOn: '2026-03-12', items: ['lamp', 'two bulbs'] }],
  ['A-1003', { status: 'being packed', expectedOn: '2026-03-14', items: ['chair'] }],
]);

export default defineTool({
  name: 'order-lookup',
  description: 'Tells the status, the items and the delivery date of an order, by its number.',
  parameters: z.object({ order: z.string().min(1).max(20).describe('e.g. A-1002') }),
  examples: [
    { message: 'Where is my order A-1001?', arguments: { order: 'A-1001' } },
    { message: '我的订单 A-1003 什么时候到?', arguments: { order: 'A-1003' } },
  ],
  timeoutMs: 2_000,
  maxAttempts: 2,
  run({ order }) {
    const found = ORDERS.get(order);
    if (found === undefined) throw new ToolError('Tool.Failed', `There is no order ${order}.`);
    return { order, ...found };
  },
});
