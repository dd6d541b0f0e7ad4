import { z } from 'zod';
import type { ToolDescription, ToolExample } from '../domain/tools/tool-call.js';
import { ModelError } from '../inference/model-error.js';
import { toJsonSchema } from '../inference/structured/generate-object.js';
import type { Tool } from './tool.js';
import { ToolError } from './tool-error.js';

export interface ToolRegistry {
  /** Descriptions of all tools, in the order in which they were given. */
  readonly descriptions: readonly ToolDescription[];
  /** @throws {ToolError} `Tool.NotFound`, which lists the known names */
  get(name: string): Tool;
  /** In the order of the names. @throws {ToolError} `Tool.NotFound`, which lists all unknown names */
  describe(names: readonly string[]): ToolDescription[];
}

const NAME = /^[a-z][a-z0-9_-]{0,39}$/u;
const MAX_DESCRIPTION_LENGTH = 1000;
const LONGEST_TIMEOUT_MS = 3_600_000;
const MOST_ATTEMPTS = 100;

/**
 * Checks all tools now, so that faults appear at the start and not in the middle of a conversation.
 *
 * @throws {ToolError} `Tool.Invalid`, naming the tool
 */
export function createToolRegistry(tools: readonly Tool[]): ToolRegistry {
  const known = new Map<string, { readonly tool: Tool; readonly description: ToolDescription }>();
  for (const tool of tools) {
    const description = describe(tool);
    if (known.has(tool.name)) throw invalid(tool.name, 'there is another tool of this name. Give each one of its own.');
    known.set(tool.name, { tool, description });
  }
  const find = (name: string) => {
    const found = known.get(name);
    if (found === undefined) throw notFound([name], known.keys());
    return found;
  };
  return {
    descriptions: [...known.values()].map(({ description }) => description),
    get: (name) => find(name).tool,
    describe(names) {
      const missing = names.filter((name) => !known.has(name));
      if (missing.length > 0) throw notFound(missing, known.keys());
      return [...new Set(names)].map((name) => find(name).description);
    },
  };
}

function describe(tool: Tool): ToolDescription {
  const { name, description, parameters, needsApproval, timeoutMs, maxAttempts } = tool;
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw invalid(
      name,
      'a name has small letters, digits, "-" and "_", begins with a letter, and is no longer than 40.',
    );
  }
  if (typeof description !== 'string' || description.trim() === '' || description.length > MAX_DESCRIPTION_LENGTH) {
    throw invalid(
      name,
      `its description must be a text of at most ${MAX_DESCRIPTION_LENGTH} characters, for the model.`,
    );
  }
  refuseOutside(name, 'timeoutMs', timeoutMs, LONGEST_TIMEOUT_MS);
  refuseOutside(name, 'maxAttempts', maxAttempts, MOST_ATTEMPTS);
  if (!(parameters instanceof z.ZodObject))
    throw invalid(name, 'its parameters must be a zod schema: z.object({ … }).');
  if (typeof tool.run !== 'function') throw invalid(name, 'its run must be a function.');
  const schema = schemaOf(name, parameters);
  const examples = tool.examples.map((example) => exampleOf(name, parameters, example));
  return { name, description, parameters: schema, examples, needsApproval, timeoutMs, maxAttempts };
}

function schemaOf(name: string, parameters: z.ZodObject): ToolDescription['parameters'] {
  try {
    const { $schema: _dialect, ...schema } = { $schema: undefined, ...toJsonSchema(parameters) };
    return schema;
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    throw invalid(name, `its parameters do not suit a model. ${error.message}`, error);
  }
}

function exampleOf(name: string, parameters: z.ZodObject, example: Tool['examples'][number]): ToolExample {
  const { message, arguments: given } = example;
  const parsed = parameters.safeParse(given);
  if (typeof message !== 'string' || !parsed.success) {
    throw invalid(name, `its example ${JSON.stringify(message)} does not hold a message and arguments that it takes.`);
  }
  // Converted to JSON values, because the model sees the example as JSON.
  // eslint-disable-next-line typescript/no-unsafe-type-assertion
  return { message, arguments: JSON.parse(JSON.stringify(given)) as ToolExample['arguments'] };
}

function refuseOutside(name: string, field: string, value: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= 1 && value <= most) return;
  throw invalid(name, `its ${field} must be a whole number from 1 to ${most}, not ${String(value)}.`);
}

function invalid(name: unknown, reason: string, cause?: unknown): ToolError {
  return new ToolError('Tool.Invalid', `Tool ${JSON.stringify(name) ?? 'without a name'}: ${reason}`, { cause });
}

function notFound(names: readonly string[], known: Iterable<string>): ToolError {
  const list = [...known].join(', ');
  const what = names.map((name) => JSON.stringify(name)).join(', ');
  return new ToolError('Tool.NotFound', `There is no tool ${what}. Known: ${list || 'none'}.`);
}
