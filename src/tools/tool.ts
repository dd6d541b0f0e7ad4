import { z } from 'zod';
import type { JsonValue } from '../domain/json-schema.js';
import { ToolError } from './tool-error.js';

export interface ToolContext {
  /** Aborts when the call is stopped or times out. The caller does not wait for a tool that continues regardless. */
  readonly signal: AbortSignal;
  /** The same for each attempt at one call, so that a tool with side effects can tell whether it has already performed them. */
  readonly idempotencyKey: string;
}

/** The model gets text as it is, and any other value as JSON. */
export type ToolResult = JsonValue;

export interface ToolDefinition<Parameters extends z.ZodObject> {
  /** Lowercase letters, digits, `-` and `_`; begins with a letter; at most 40 characters. */
  readonly name: string;
  /** For the model: when to use the tool, and what it returns. */
  readonly description: string;
  /**
   * Models write arguments under a grammar made from this schema, so a grammar must be able to express it; the
   * remaining constraints are checked before `run`.
   */
  readonly parameters: Parameters;
  /** A sample message of a user, with the matching call. Small models follow examples. */
  readonly examples?: readonly { readonly message: string; readonly arguments: z.input<Parameters> }[];
  /** Whether a person must approve each call. Default: false. */
  readonly needsApproval?: boolean;
  /** Limit for one attempt. */
  readonly timeoutMs: number;
  /** Use 1 for a tool whose effect must not happen twice. */
  readonly maxAttempts: number;
  /** @throws {ToolError} `Tool.Failed`, with `retryable` if another attempt may help. All other errors count as retryable. */
  readonly run: (args: z.output<Parameters>, context: ToolContext) => ToolResult | Promise<ToolResult>;
}

/** A function that a model may call. `defineTool` creates it. */
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
  /** @throws {ToolError} `Tool.InvalidArguments`, and any error of `run` */
  call(args: unknown, context: ToolContext): Promise<ToolResult>;
}

/** A registered symbol, which all copies of this package share: the module of a tool may have its own copy. */
const TOOL = Symbol.for('colloquy.tool');

/** Defines a tool. `createToolRegistry` checks it for faults. */
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
