import type { Decoding } from '../../domain/decoding.js';
import type { ModelCapabilities } from '../language-model.js';

/** What runs behind the interface, as its list of models tells; `other` when it is none of those known. */
export type ServerKind = 'vllm' | 'llamacpp' | 'ollama' | 'other';

/** What a kind of server does beyond the interface that all share. */
export interface ServerTraits {
  /** Fields of `Decoding` by what they are called in requests. */
  readonly decoding: Readonly<Partial<Record<keyof Decoding, string>>>;
  /** `/v1/completions` continues raw text. */
  readonly text: boolean;
  readonly topLogprobs: number;
  /** An assistant message at the end is gone on with; what must be said in the request for that. Undefined: it is not. */
  readonly continuation?: Readonly<Record<string, unknown>>;
}

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
  },
  // Its `/v1/completions` puts the text into the chat template, and its `/v1` tells no log-probabilities.
  // source: https://github.com/ollama/ollama/blob/v0.6.5/openai/openai.go
  ollama: { decoding: STANDARD, text: false, topLogprobs: -1 },
  other: { decoding: STANDARD, text: true, topLogprobs: MOST_LOGPROBS },
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
