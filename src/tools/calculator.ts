import { z } from 'zod';
import { ExpressionError, MAX_EXPRESSION_LENGTH, evaluate } from './expression.js';
import { defineTool } from './tool.js';
import { ToolError } from './tool-error.js';

export const calculator = defineTool({
  name: 'calculator',
  description:
    'Calculates exactly. Knows + - * / ^, % (remainder), parentheses, sqrt, abs, round, min, max. Use it for all arithmetic.',
  parameters: z.object({ expression: z.string().min(1).max(MAX_EXPRESSION_LENGTH).describe('e.g. (17 + 4) * 2.5') }),
  examples: [
    { message: 'How much is 12.5 times 4?', arguments: { expression: '12.5 * 4' } },
    { message: 'What is 20% of 75?', arguments: { expression: '75 * 20 / 100' } },
  ],
  timeoutMs: 1_000,
  maxAttempts: 1,
  run({ expression }) {
    try {
      return formatNumber(evaluate(expression));
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      throw new ToolError('Tool.Failed', `${JSON.stringify(expression)} cannot be calculated: ${error.message}.`);
    }
  },
});

/** Formats the digits that are reliable: 0.1 + 0.2 is 0.3. Results too large for exact integers are marked "about". */
function formatNumber(value: number): string {
  if (Number.isSafeInteger(value)) return String(value === 0 ? 0 : value);
  const rounded = String(Number(value.toPrecision(15)));
  return Math.abs(value) > Number.MAX_SAFE_INTEGER ? `about ${rounded}` : rounded;
}
