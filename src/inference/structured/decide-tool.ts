import type { FinishReason, Usage } from '../../domain/session/conversation.js';
import type { Decoding } from '../../domain/decoding.js';
import { toolResultsText, toolsText } from '../../domain/tools/tool-texts.js';
import type { ToolCall, ToolDescription } from '../../domain/tools/tool-call.js';
import { decisionSchema, decisionText, parseDecision } from '../../domain/tools/tool-decision.js';
import type { ToolDecision } from '../../domain/tools/tool-decision.js';
import type { GenerateOptions, LanguageModel, Prompt } from '../language-model.js';
import { ModelError } from '../model-error.js';

export type ChatPrompt = Extract<Prompt, { readonly type: 'chat' }>;

export interface DecideToolRequest {
  /** The conversation as the answer will see it, without the tools; the last message is the user's. */
  readonly prompt: ChatPrompt;
  readonly tools: readonly ToolDescription[];
  /** The calls of this turn so far, oldest first. */
  readonly calls?: readonly ToolCall[];
  /** Default: `DEFAULT_DECISION_TOKENS`. */
  readonly maxOutputTokens?: number;
  /** Default: greedy decoding, which gives the likeliest decision. */
  readonly decoding?: Decoding;
  readonly timeoutMs?: number;
  readonly cacheKey?: string;
  readonly priority?: number;
}

export interface DecideToolResult {
  readonly decision: ToolDecision;
  readonly usage: Usage;
  /** The model's output. */
  readonly text: string;
  readonly finishReason: Exclude<FinishReason, 'cancelled'>;
}

/** Room for a call with a few long arguments. */
export const DEFAULT_DECISION_TOKENS = 512;

/**
 * Lets a model decide whether to answer now or to call a tool. The grammar allows exactly that, so a decision always parses, and names an
 * existing tool with arguments of its schema. If the model is cut off in the middle or repeats a call, the decision is to answer
 * (`decision.because`).
 *
 * @throws {ModelError} as `generate` does; `Model.Unsupported` when a tool's schema cannot be expressed as a grammar or the backend
 *   supports none; `Model.OutputRejected` when a backend broke the schema. The signal's reason when it aborts.
 */
export async function decideTool(
  model: LanguageModel,
  { prompt, tools, calls = [], maxOutputTokens = DEFAULT_DECISION_TOKENS, decoding, ...rest }: DecideToolRequest,
  { signal }: Pick<GenerateOptions, 'signal'>,
): Promise<DecideToolResult> {
  const { text, finishReason, usage } = await model.generate(
    {
      ...rest,
      prompt: decisionPrompt(prompt, tools, calls),
      maxOutputTokens,
      decoding: { temperature: 0, ...decoding },
      jsonSchema: decisionSchema(tools),
    },
    { signal, onDelta: () => undefined },
  );
  if (finishReason === 'cancelled') {
    signal.throwIfAborted();
    throw new ModelError('Model.Unavailable', 'The model was closed in the middle of a decision.', {
      retryAfterMs: 100,
    });
  }
  const done = { usage, text, finishReason };
  const parsed = parseDecision(text, tools);
  if ('decision' in parsed) {
    const { decision } = parsed;
    const repeated = calls.some((call) => decision.action === 'call' && isSameCall(call, decision));
    return { ...done, decision: repeated ? { action: 'answer', because: 'repeated' } : decision };
  }
  if (finishReason !== 'stop') return { ...done, decision: { action: 'answer', because: finishReason } };
  throw new ModelError('Model.OutputRejected', parsed.fault, { details: { finishReason, text } });
}

/** The prompt of the answer with all results of its tools. Without tools and calls, it is the unchanged prompt. */
export function promptWithTools(
  { persona, messages, ...prompt }: ChatPrompt,
  tools: readonly ToolDescription[],
  calls: readonly ToolCall[],
): ChatPrompt {
  return {
    ...prompt,
    persona: joined(persona, toolsText(tools)) || undefined,
    messages: withAppended(messages, toolResultsText(calls)),
  };
}

/** The same followed by the question about the next step, so that everything before it is evaluated once for both prompts. */
export function decisionPrompt(
  prompt: ChatPrompt,
  tools: readonly ToolDescription[],
  calls: readonly ToolCall[],
): ChatPrompt {
  const answered = promptWithTools(prompt, tools, calls);
  const question = decisionText(prompt.messages.at(-1)?.text ?? '', tools, calls.length > 0);
  return { ...answered, messages: withAppended(answered.messages, question) };
}

/** Compares the texts, because the model writes arguments in the schema's order. */
function isSameCall(call: ToolCall, decision: Extract<ToolDecision, { readonly action: 'call' }>): boolean {
  return call.tool === decision.tool && JSON.stringify(call.arguments) === JSON.stringify(decision.arguments);
}

function withAppended(messages: ChatPrompt['messages'], text: string): ChatPrompt['messages'] {
  const last = messages.at(-1);
  return last === undefined || text === ''
    ? messages
    : [...messages.slice(0, -1), { ...last, text: joined(last.text, text) }];
}

function joined(...texts: readonly (string | undefined)[]): string {
  return texts.filter((text) => text !== undefined && text !== '').join('\n\n');
}
