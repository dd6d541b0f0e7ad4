import type { Decoding } from '../../domain/decoding.js';
import type { ModelCapabilities } from '../language-model.js';

/** Kind of server, detected from its list of models; `other` if it is none of the known ones. */
export type ServerKind = 'vllm' | 'llamacpp' | 'sglang' | 'ollama' | 'other';

/** Features of a kind of server beyond the common interface. */
export interface ServerTraits {
  /** Fields of `Decoding` with their names in requests. */
  readonly decoding: Readonly<Partial<Record<keyof Decoding, string>>>;
  /** Whether `/v1/completions` continues raw text. */
  readonly text: boolean;
  readonly topLogprobs: number;
  /** Fields of a request that make the server continue an assistant message at the end. Undefined: it cannot. */
  readonly continuation?: Readonly<Record<string, unknown>>;
  /** Fields of a request that switch thinking on or off. */
  readonly thinking: (enabled: boolean) => Readonly<Record<string, unknown>>;
  /** Fields of assistant messages that hold the thoughts of earlier turns. Empty: they are omitted. */
  readonly thoughts: readonly ThoughtsField[];
  /** Whether the server continues the thoughts of an assistant message at the end that has no text. Older servers refuse such a message. */
  readonly continuesThoughts?: boolean;
  /** Field of a request that limits the tokens of thoughts. */
  readonly thinkingBudget?: string;
}

export type ThoughtsField = 'reasoning_content' | 'reasoning';

/**
 * Variables of chat templates: most call it `enable_thinking`, those of DeepSeek, Granite and Kimi `thinking`; others ignore both.
 */
const byTemplate = (enabled: boolean) => ({ chat_template_kwargs: { enable_thinking: enabled, thinking: enabled } });

/** Sends a field only to switch thinking off: models that can think do so by default, and other models would refuse a request to think. */
const byEffort = (enabled: boolean) => (enabled ? {} : { reasoning_effort: 'none' });

const STANDARD = { temperature: 'temperature', topP: 'top_p', seed: 'seed' } as const;
/** source: https://platform.openai.com/docs/api-reference/chat/create, `top_logprobs` */
const MOST_LOGPROBS = 20;

export const SERVER_TRAITS: Readonly<Record<ServerKind, ServerTraits>> = {
  // source: https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html, "Extra parameters"
  vllm: {
    decoding: { ...STANDARD, topK: 'top_k', minP: 'min_p', repetitionPenalty: 'repetition_penalty' },
    text: true,
    topLogprobs: MOST_LOGPROBS,
    continuation: { continue_final_message: true, add_generation_prompt: false },
    thinking: byTemplate,
    // vLLM calls the field `reasoning` since 0.12, and `reasoning_content` before.
    thoughts: ['reasoning_content', 'reasoning'],
    thinkingBudget: 'thinking_token_budget',
  },
  // source: https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
  llamacpp: {
    decoding: {
      ...STANDARD,
      topK: 'top_k',
      minP: 'min_p',
      repetitionPenalty: 'repeat_penalty',
      repetitionWindow: 'repeat_last_n',
      dryMultiplier: 'dry_multiplier',
      dryBase: 'dry_base',
      dryAllowedLength: 'dry_allowed_length',
      dryWindow: 'dry_penalty_last_n',
    },
    text: true,
    topLogprobs: MOST_LOGPROBS,
    continuation: {},
    thinking: byTemplate,
    thoughts: ['reasoning_content'],
    continuesThoughts: true,
    thinkingBudget: 'thinking_budget_tokens',
  },
  // source: https://docs.sglang.ai/basic_usage/openai_api_completions.html
  sglang: {
    decoding: { ...STANDARD, topK: 'top_k', minP: 'min_p', repetitionPenalty: 'repetition_penalty' },
    text: true,
    topLogprobs: MOST_LOGPROBS,
    continuation: { continue_final_message: true },
    thinking: byTemplate,
    thoughts: ['reasoning_content'],
  },
  // Ollama's `/v1/completions` applies the chat template to the text, and its `/v1` returns no log-probabilities.
  // source: https://github.com/ollama/ollama/blob/v0.6.5/openai/openai.go
  ollama: { decoding: STANDARD, text: false, topLogprobs: -1, thinking: byEffort, thoughts: ['reasoning'] },
  other: { decoding: STANDARD, text: true, topLogprobs: MOST_LOGPROBS, thinking: byEffort, thoughts: [] },
};

/** Colloquy implements `repetitionLimit`, so it works with every server. */
export function capabilitiesOf({ decoding, text, topLogprobs }: ServerTraits): ModelCapabilities {
  return {
    text,
    topLogprobs,
    beamSearch: false,
    json: true,
    decoding: new Set([...Object.keys(decoding), 'repetitionLimit']),
  };
}
