import type { JsonSchema } from '../json-schema.js';
import { excerpt } from '../text.js';
import type { ToolArguments, ToolDescription } from './tool-call.js';

/** A model's decision on the next step in a turn. */
export type ToolDecision =
  | {
      readonly action: 'answer';
      /**
       * Set if this was not the model's own decision: the decision was cut off, or the model wanted a call that it has already made in this
       * turn (`repeated`).
       */
      readonly because?: 'length' | 'degenerate' | 'deadline' | 'filtered' | 'repeated';
    }
  | { readonly action: 'call'; readonly tool: string; readonly arguments: ToolArguments };

/** Maximum length of strings without a bound of their own in a decision, because a small model may never end one. In UTF-16 units. */
export const MAX_DECIDED_STRING_LENGTH = 500;
const MAX_DECIDED_ITEMS = 20;

/**
 * Examples of messages that need no tool, one for every two that need one. With fewer, the smallest models call a tool for everything, with
 * more for nothing.
 */
const ANSWERED = ['Hello! Who are you?', 'What is the capital of Italy?'];

/** Number of characters of the message that are repeated. */
const MAX_SAID_AGAIN = 300;

/**
 * Asks for a decision on a message, and is placed after it. Small models follow the examples more than the instructions, so the message is
 * repeated as one more example to be completed.
 */
export function decisionText(message: string, tools: readonly ToolDescription[], hasResults: boolean): string {
  const names = tools.map(({ name }) => name).join(', ');
  const examples = tools.flatMap(({ name, examples: given }) =>
    given.map((example) => `${JSON.stringify(example.message)} → ${callText(name, example.arguments)}`),
  );
  return [
    `Do not answer yet. Decide first, as JSON, whether one of the tools (${names}) is needed: ` +
      (hasResults ? 'the results above may be all that is needed. ' : '') +
      '{"action":"call","tool":…,"arguments":{…}} or {"action":"answer"}.',
    ...examples,
    ...ANSWERED.slice(0, Math.max(1, examples.length >> 1)).map(
      (one) => `${JSON.stringify(one)} → {"action":"answer"}`,
    ),
    `${JSON.stringify(excerpt(message, MAX_SAID_AGAIN))} →`,
  ].join('\n');
}

function callText(tool: string, args: ToolArguments): string {
  return JSON.stringify({ action: 'call', tool, arguments: args });
}

/** A JSON schema of decisions: to answer, or to call one of the tools with arguments that its own schema allows. */
export function decisionSchema(tools: readonly ToolDescription[]): JsonSchema {
  const $defs: Record<string, JsonSchema> = {};
  const calls = tools.map(({ name, parameters }): JsonSchema => {
    // The definitions of each tool get unique names, because the tools' schemas are independent of each other.
    const rename = (ref: string): string =>
      ref === '#' ? `#/$defs/${name}` : ref.replace('#/$defs/', `#/$defs/${name}.`);
    $defs[name] = bounded(parameters, rename);
    for (const [key, schema] of Object.entries(parameters.$defs ?? {}))
      $defs[`${name}.${key}`] = bounded(schema, rename);
    return {
      type: 'object',
      properties: { action: { const: 'call' }, tool: { const: name }, arguments: { $ref: `#/$defs/${name}` } },
      required: ['action', 'tool', 'arguments'],
    };
  });
  const answer: JsonSchema = { type: 'object', properties: { action: { const: 'answer' } }, required: ['action'] };
  return { anyOf: [...calls, answer], $defs };
}

/** The same schema with the new names of references, and with limits for strings and lists that have none. */
function bounded(schema: JsonSchema, rename: (ref: string) => string): JsonSchema {
  const each = (one: JsonSchema): JsonSchema => bounded(one, rename);
  const { $defs: _moved, $ref, anyOf, oneOf, properties, additionalProperties, items, prefixItems, ...rest } = schema;
  const types = typeof rest.type === 'object' ? rest.type : [rest.type];
  const isFree = rest.enum === undefined && rest.const === undefined;
  const isText = isFree && types.includes('string') && rest.format === undefined && rest.maxLength === undefined;
  const isList = isFree && types.includes('array') && prefixItems === undefined && rest.maxItems === undefined;
  return {
    ...rest,
    ...($ref !== undefined && { $ref: rename($ref) }),
    ...(anyOf && { anyOf: anyOf.map(each) }),
    ...(oneOf && { oneOf: oneOf.map(each) }),
    ...(properties && { properties: mapValues(properties, each) }),
    ...(additionalProperties !== undefined && {
      additionalProperties:
        typeof additionalProperties === 'object' ? each(additionalProperties) : additionalProperties,
    }),
    ...(items !== undefined && { items: typeof items === 'object' ? each(items) : items }),
    ...(prefixItems && { prefixItems: prefixItems.map(each) }),
    ...(isText && { maxLength: Math.max(MAX_DECIDED_STRING_LENGTH, rest.minLength ?? 0) }),
    ...(isList && { maxItems: Math.max(MAX_DECIDED_ITEMS, rest.minItems ?? 0) }),
  };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

/** Parses a decision, or says in one line why the text is not one. The tool checks the arguments when it is called. */
export function parseDecision(
  text: string,
  tools: readonly ToolDescription[],
): { readonly decision: ToolDecision } | { readonly fault: string } {
  const value = parseObject(text);
  if (value === undefined) return { fault: 'The decision is no JSON object.' };
  if (value.action === 'answer') return { decision: { action: 'answer' } };
  if (value.action !== 'call') return { fault: 'The decision has no action "answer" or "call".' };
  const { tool, arguments: given } = value;
  const known = tools.map(({ name }) => name);
  if (typeof tool !== 'string' || !known.includes(tool)) {
    return { fault: `There is no tool ${JSON.stringify(tool)}. Known: ${known.join(', ')}.` };
  }
  if (!isObject(given)) return { fault: `The arguments for "${tool}" are no JSON object.` };
  return { decision: { action: 'call', tool, arguments: given } };
}

function parseObject(text: string): ToolArguments | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Checks a value that comes from JSON. */
function isObject(value: unknown): value is ToolArguments {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
