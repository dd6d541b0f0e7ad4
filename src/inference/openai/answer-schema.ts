import { z } from 'zod';

/**
 * Answers of servers, complete ones and pieces of streams, of the chat and of the text interface. Nothing in them is trusted: a field that
 * is missing, null or of an unexpected type counts as missing, and unknown fields are ignored.
 *
 * source: https://platform.openai.com/docs/api-reference/chat/streaming; `reasoning_content` of DeepSeek, vLLM, SGLang and llama.cpp's
 * server; `reasoning` and `reasoning_details` of OpenRouter and newer vLLM; `thinking_blocks` of LiteLLM; content in parts of Mistral
 */
const text = lenient(z.string());
const number = lenient(z.number());
const list = lenient(z.array(z.unknown()));

const message = z.looseObject({
  content: z.unknown().optional(),
  refusal: text,
  reasoning_content: z.unknown().optional(),
  reasoning: z.unknown().optional(),
  reasoning_text: z.unknown().optional(),
  thinking: z.unknown().optional(),
  reasoning_details: z.unknown().optional(),
  thinking_blocks: z.unknown().optional(),
  tool_calls: list,
  function_call: lenient(z.looseObject({ name: text })),
});

const logprob = z.object({ token: z.string(), logprob: z.number() });
const logprobs = z.union([
  z.object({
    content: z.array(z.object({ ...logprob.shape, top_logprobs: z.array(logprob).nullish().catch(undefined) })),
  }),
  z.object({
    tokens: z.array(z.string()),
    token_logprobs: lenient(z.array(z.number().nullable())),
    top_logprobs: lenient(z.array(z.record(z.string(), z.number()).nullable())),
  }),
]);

const choice = z.looseObject({
  index: number,
  delta: lenient(message),
  message: lenient(message),
  text,
  finish_reason: text,
  logprobs: lenient(logprobs),
  error: z.unknown().optional(),
});

const usage = z.looseObject({
  prompt_tokens: number,
  completion_tokens: number,
  prompt_tokens_details: lenient(z.looseObject({ cached_tokens: number })),
});

export const answerSchema = z.looseObject({
  choices: lenient(z.array(lenient(choice))),
  usage: lenient(usage),
});

export type AnswerChunk = z.infer<typeof answerSchema>;
export type AnswerChoice = z.infer<typeof choice>;
export type AnswerMessage = z.infer<typeof message>;
export type AnswerLogprobs = z.infer<typeof logprobs>;

/** Names of the tools that a message calls. */
export function calledTools({ tool_calls = [], function_call }: Partial<AnswerMessage>): string[] {
  const calls = (tool_calls ?? []).map((call) => toolCall.safeParse(call).data?.function?.name ?? '');
  return [...calls, ...(function_call ? [function_call.name ?? ''] : [])];
}

const toolCall = z.looseObject({ function: lenient(z.looseObject({ name: text })) });

function lenient<T extends z.ZodType>(schema: T) {
  return schema.nullish().catch(undefined);
}
