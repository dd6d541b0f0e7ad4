import { z } from 'zod';
import type { JsonValue } from '../domain/json-schema.js';
import { ToolError } from './tool-error.js';

export interface ToolContext {
  /** Aborts when the call is stopped or its time is over. A tool that goes on all the same is waited for no longer. */
  readonly signal: AbortSignal;
  /** The same for each attempt of one call: a tool with effects tells by it whether it has had them. */
  readonly idempotencyKey: string;
}

/** Text as it is; anything else is given to the model as JSON. */
export type ToolResult = JsonValue;

export interface ToolDefinition<Parameters extends z.ZodObject> {
  /** Small letters, digits, `-` and `_`; begins with a letter; at most 40. */
  readonly name: string;
  /** For the model: when to use it, and what it gives. */
  readonly description: string;
  /** Models write arguments under a grammar of this, so it must be one that grammars can say; the rest is checked before `run`. */
  readonly parameters: Parameters;
  /** What somebody may write, and the call that suits it: small models go by examples. */
  readonly examples?: readonly { readonly message: string; readonly arguments: z.input<Parameters> }[];
  /** Whether somebody must agree before each call. Default: false. */
  readonly needsApproval?: boolean;
  /** For one attempt. */
  readonly timeoutMs: number;
  /** 1 for what must not be done twice. */
  readonly maxAttempts: number;
  /**
   * @throws {ToolError} `Tool.Failed`, with `retryable` where another attempt may help. Any other error counts as retryable.
   */
  readonly run: (args: z.output<Parameters>, context: ToolContext) => ToolResult | Promise<ToolResult>;
}

/** A function that a model may call. Made by `defineTool`. */
export interface Tool {
  readonly [TOOL]: true;
  readonly name: string;
  readonly description: string;
  readonly parameters: z.ZodObject;
  readonly examples: readonly { readonly message: string; readonly arguments: unknown }[];
  readonly needsApproval: boolean;
  readonly timeoutMs: number;
  readonly maxAttempts: number;
  readonly run: unknown;
  /** @throws {ToolError} `Tool.InvalidArguments`, and what its `run` throws */
  call(args: unknown, context: ToolContext): Promise<ToolResult>;
}

/** Known by a symbol for all copies of this package: a tool's module may have one of its own. */
const TOOL = Symbol.for('colloquy.tool');

/** Defines a tool. Faults are found when a registry is made of it (`createToolRegistry`). */
export function defineTool<Parameters extends z.ZodObject>(definition: ToolDefinition<Parameters>): Tool {
  const { name, description, parameters, examples = [], needsApproval = false, timeoutMs, maxAttempts } = definition;
  return Object.freeze({
    [TOOL]: true as const,
    name,
    description,
    parameters,
    examples,
    needsApproval,
    timeoutMs,
    maxAttempts,
    run: definition.run,
    async call(args: unknown, context: ToolContext) {
      const parsed = parameters.safeParse(args);
      if (!parsed.success) {
        const faults = z.prettifyError(parsed.error).replaceAll(/\s+/gu, ' ');
        throw new ToolError('Tool.InvalidArguments', `The arguments for "${name}" are wrong: ${faults}`);
      }
      return definition.run(parsed.data, context);
    },
  });
}

export function isTool(value: unknown): value is Tool {
  return typeof value === 'object' && value !== null && TOOL in value;
}
