import type { FinishReason } from '../../domain/session/conversation.js';

/** `broken`: the server abandoned the answer, so another attempt must continue it. */
export type ToldEnd = Extract<FinishReason, 'stop' | 'length' | 'degenerate' | 'filtered'> | 'broken';

/**
 * Patterns for the reasons that servers give for the end of an answer. The words differ and new ones keep appearing, so the patterns match
 * parts of them. The first match counts; an unknown word is a normal end.
 *
 * source: vLLM and SGLang `stop`, `length`, `abort`, `error`, `repetition`; TGI `eos_token`, `stop_sequence`; Mistral `model_length`,
 * `error`; OpenAI `content_filter`, `tool_calls`, `function_call`; Anthropic `end_turn`, `max_tokens`, `refusal`,
 * `model_context_window_exceeded`; DeepSeek `insufficient_system_resource`; Zhipu `sensitive`, `network_error`; Gemini `SAFETY`,
 * `RECITATION`, `BLOCKLIST`
 */
const ENDS: readonly (readonly [RegExp, ToldEnd])[] = [
  [/^(?:stop|eos|end|complete)(?:$|[_-](?!.*(?:error|abort|limit|filter)))/u, 'stop'],
  [/filter|safety|sensitive|refus|recitation|blocklist|prohibited|guardrail|moderat|spii|content_?policy/u, 'filtered'],
  [
    /abort|error|fail|cancel|time_?d?_?out|disconnect|unavailable|overload|resource|evict|preempt|interrupt|killed/u,
    'broken',
  ],
  [/repetiti|degenerat|loop/u, 'degenerate'],
  [/length|max|limit|context_window|truncat|budget/u, 'length'],
];

/** Undefined while the answer continues: servers then send null, nothing, an empty text, or the word `null`. */
export function toldEnd(reason: string | null | undefined): ToldEnd | undefined {
  const word = (reason ?? '').trim().toLowerCase();
  if (word === '' || word === 'null' || word === 'none') return undefined;
  return ENDS.find(([pattern]) => pattern.test(word))?.[1] ?? 'stop';
}
