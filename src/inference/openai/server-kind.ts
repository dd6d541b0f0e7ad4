import type { Decoding } from '../../domain/decoding.js';
import type { ModelCapabilities } from '../language-model.js';

/** What runs behind the interface, as its list of models tells; `other` when it is none of those known. */
export type ServerKind = 'vllm' | 'llamacpp' | 'sglang' | 'ollama' | 'other';

/** What a kind of server does beyond the interface that all share. */
export interface ServerTraits {
  /** Fields of `Decoding` by what they are called in requests. */
  readonly decoding: Readonly<Partial<Record<keyof Decoding, string>>>;
  /** `/v1/completions` continues raw text. */
  readonly text: boolean;
  readonly topLogprobs: number;
  /** An assistant message at the end is gone on with; what must be said in the request for that. Undefined: it is not. */
  readonly continuation?: Readonly<Record<string, unknown>>;
  /** What a request says to switch thinking on or off. */
  readonly thinking: (enabled: boolean) => Readonly<Record<string, unknown>>;
  /** What assistant messages call the thoughts of earlier turns. Empty: they are left out. */
  readonly thoughts: readonly ThoughtsField[];
  /** Thoughts of an assistant message at the end, without a text, are gone on with. Older servers refuse it. */
  readonly continuesThoughts?: boolean;
  /** What a request calls the most tokens of thoughts. */
  readonly thinkingBudget?: string;
}

export type ThoughtsField = 'reasoning_content' | 'reasoning';

/**
 * Variables of chat templates: most call it `enable_thinking`, those of DeepSeek, Granite and Kimi `thinking`; others do not look at them.
 */
const byTemplate = (enabled: boolean) => ({ chat_template_kwargs: { enable_thinking: enabled, thinking: enabled } });

/** Only switching off is said: models that think do so without being told, and others would refuse to be asked for it. */
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
    // It calls the field `reasoning` since 0.12, and `reasoning_content` before.
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
  // Its `/v1/completions` puts the text into the chat template, and its `/v1` tells no log-probabilities.
  // source: https://github.com/ollama/ollama/blob/v0.6.5/openai/openai.go
  ollama: { decoding: STANDARD, text: false, topLogprobs: -1, thinking: byEffort, thoughts: ['reasoning'] },
  other: { decoding: STANDARD, text: true, topLogprobs: MOST_LOGPROBS, thinking: byEffort, thoughts: [] },
};

/** `repetitionLimit` is ours, so that every server obeys it. */
export function capabilitiesOf({ decoding, text, topLogprobs }: ServerTraits): ModelCapabilities {
  return {
    text,
    topLogprobs,
    beamSearch: false,
    json: true,
    decoding: new Set([...Object.keys(decoding), 'repetitionLimit']),
  };
}
