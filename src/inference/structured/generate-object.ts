import { z } from 'zod';
import type { GenerateOptions, GenerateRequest, GenerateResult, LanguageModel } from '../language-model.js';
import { ModelError } from '../model-error.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import { jsonSchemaGrammar } from './json-schema-grammar.js';

export interface ObjectRequest<T> extends Omit<GenerateRequest, 'jsonSchema'> {
  /** Determines what the model may write, and parses it. */
  readonly schema: z.ZodType<T>;
}

export interface ObjectResult<T> extends GenerateResult {
  readonly value: T;
}

/**
 * Answers with a value of a zod schema. The model can only write values that the schema parses, but their content is its own. Explain the
 * meaning of the fields in the prompt: the schema shapes the answer, but the model does not read it. It answers without thoughts, unless
 * the prompt requests them.
 *
 * @throws {ModelError} `Model.Unsupported` when no grammar can express the schema, before any work; `Model.OutputRejected` when the answer
 *   ended early (`details.finishReason`) or breaks a rule that only the schema knows (a refinement).
 */
export async function generateObject<T>(
  model: LanguageModel,
  { schema, ...request }: ObjectRequest<T>,
  options: GenerateOptions,
): Promise<ObjectResult<T>> {
  const prompt = request.prompt.type === 'chat' ? { thinking: false, ...request.prompt } : request.prompt;
  const result = await model.generate({ ...request, prompt, jsonSchema: toJsonSchema(schema) }, options);
  const { text, finishReason } = result;
  // An answer that ends exactly at the limit may still be complete, except a bare number, which could have continued.
  if (
    finishReason !== 'stop' &&
    !(finishReason === 'length' && /^[{["]/u.test(text) && parseJson(text) !== undefined)
  ) {
    const hint = finishReason === 'length' ? ` Raise maxOutputTokens (now ${request.maxOutputTokens}).` : '';
    throw rejected(`The answer ended early (${finishReason}), so that its JSON is not whole.${hint}`, result);
  }
  const parsed = schema.safeParse(parseJson(text));
  if (parsed.success) return { ...result, value: parsed.data };
  throw rejected(`The answer is not what the schema asks for: ${z.prettifyError(parsed.error)}`, result);
}

/**
 * The JSON schema of the input of a zod schema.
 *
 * @throws {ModelError} `Model.Unsupported` for types that JSON lacks (dates, maps, …) and for rules that no grammar can express.
 */
export function toJsonSchema(schema: z.ZodType): JsonSchema {
  let jsonSchema: JsonSchema;
  try {
    // The grammar refuses keywords that zod adds to those of `JsonSchema`.
    // eslint-disable-next-line typescript/no-unsafe-type-assertion
    jsonSchema = z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new ModelError('Model.Unsupported', `The schema cannot be made a grammar: ${reason}`, { cause: error });
  }
  jsonSchemaGrammar(jsonSchema);
  return jsonSchema;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function rejected(message: string, { text, finishReason }: GenerateResult): ModelError {
  return new ModelError('Model.OutputRejected', message, { details: { finishReason, text } });
}
