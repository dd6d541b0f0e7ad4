import type { FinishReason } from '../../domain/session/conversation.js';
import { withDefaults } from '../../domain/decoding.js';
import { AnswerClock } from '../answer/answer-clock.js';
import { AnswerText } from '../answer/answer-text.js';
import type { GenerateOptions, GenerateRequest, GenerateResult, TokenLogprobs } from '../language-model.js';
import { AnswerRepetition } from '../answer/answer-repetition.js';
import { DEFAULT_LIMITS, type ExchangeLimits } from './http-exchange.js';
import { withinLimits } from './part-limits.js';
import type { StreamPart } from './stream-part.js';
import { StreamedThoughts } from './streamed-thoughts.js';
import { wholeCharacters } from './whole-characters.js';

export interface StreamedRequest {
  readonly request: GenerateRequest;
  /** Count or upper bound from before the request; the server's own count takes precedence. */
  readonly promptTokens: number;
  /** All texts that end the answer, including those of the request. */
  readonly stop: readonly string[];
  /** Number of tokens that the answer may still have in this attempt. */
  readonly roomTokens: number;
  /** Sends the request to the server. Throws only `ModelError`s, unless `signal` has aborted; it must then close its connection. */
  readonly stream: (signal: AbortSignal) => AsyncIterable<StreamPart>;
  /** Default: `DEFAULT_LIMITS`. */
  readonly limits?: ExchangeLimits;
}

/**
 * Writes the answer that a server streams, under the same rules as our own engine: stop strings are never shown, deltas carry offsets, the
 * deadline and the caller end the answer but keep its text, and repetitive text ends it.
 *
 * Servers do not return token ids. In deltas and checkpoints, a number computed from its text (`pieceId`) represents each piece, so that
 * counting tokens and detecting repetitions continue after a resumption.
 */
export async function writeStreamed(
  { request, promptTokens, stop, roomTokens, stream, limits }: StreamedRequest,
  { signal, onDelta }: GenerateOptions,
): Promise<GenerateResult> {
  const clock = new AnswerClock();
  const { resumeFrom, timeoutMs, topLogprobs } = request;
  const pieces = new Map<number, string>();
  const detokenize = (ids: readonly number[]): string => ids.map((id) => pieces.get(id) ?? '').join('');
  const answer = new AnswerText({ detokenize, isWhole: true, stop, resumed: resumeFrom });
  const repetition = new AnswerRepetition(withDefaults(request.decoding).repetitionLimit, answer);
  const thoughts = new StreamedThoughts(resumeFrom);
  const logprobs: TokenLogprobs[] = [];
  const told = { inputTokens: promptTokens, outputTokens: undefined as number | undefined, cachedInputTokens: 0 };
  const deliver = (): void => {
    const delta = answer.takeDelta();
    if (delta !== undefined) onDelta(delta);
  };
  const finish = (finishReason: FinishReason): GenerateResult => {
    answer.finish();
    deliver();
    const before = resumeFrom?.tokens.length ?? 0;
    return {
      text: answer.text,
      ...(thoughts.text !== '' && { thinking: thoughts.text }),
      finishReason,
      usage: {
        inputTokens: told.inputTokens,
        cachedInputTokens: Math.min(told.cachedInputTokens, told.inputTokens),
        outputTokens:
          told.outputTokens === undefined ? answer.tokens.length + thoughts.tokens : before + told.outputTokens,
        ...(thoughts.allTokens > 0 && { thinkingTokens: thoughts.allTokens }),
        durationMs: clock.durationMs(),
      },
      tokensPerSecond: clock.tokensPerSecond(),
      firstTokenMs: clock.firstTokenMs(),
      ...(topLogprobs !== undefined && { logprobs }),
    };
  };

  if (signal.aborted) return finish('cancelled');
  if (repetition.isThere) return finish('degenerate');
  if (answer.tokens.length >= request.maxOutputTokens || roomTokens <= 0) return finish('length');

  // Closes the connection however this ends, including at a stop string that the server does not know.
  const closing = new AbortController();
  const timer =
    timeoutMs === undefined ? undefined : setTimeout(() => closing.abort('deadline'), Math.min(timeoutMs, 2 ** 31 - 1));
  const ending = AbortSignal.any([signal, closing.signal]);
  let reason: FinishReason = 'stop';
  try {
    for await (const part of wholeCharacters(withinLimits(stream, ending, withGrace(limits)))) {
      if (ending.aborted) break;
      if (part.type === 'usage') {
        told.inputTokens = part.inputTokens ?? told.inputTokens;
        told.outputTokens = part.outputTokens ?? told.outputTokens;
        told.cachedInputTokens = part.cachedInputTokens ?? told.cachedInputTokens;
        continue;
      }
      if (part.type === 'end') {
        reason = part.finishReason ?? reason;
        continue;
      }
      if (part.type === 'text') logprobs.push(...(part.logprobs ?? []));
      if (part.text === '') continue;
      clock.tick();
      const id = pieceId(part.text);
      if (part.type === 'thinking') {
        onDelta(thoughts.add(part.text, id));
        if (repetition.push(id)) return finish('degenerate');
        continue;
      }
      pieces.set(id, part.text);
      const stopped = answer.push(id);
      const repeated = repetition.push(id);
      deliver();
      if (stopped) return finish('stop');
      if (repeated) return finish('degenerate');
    }
  } catch (error) {
    if (!ending.aborted) throw error;
  } finally {
    clearTimeout(timer);
    if (!ending.aborted) closing.abort('ended');
  }
  if (signal.aborted) return finish('cancelled');
  return finish(closing.signal.reason === 'deadline' ? 'deadline' : reason);
}

/** Lets the connection's own limits take effect first, because their errors describe the cause better. */
const GRACE_MS = 1_000;

function withGrace({ firstByteMs, idleMs }: ExchangeLimits = DEFAULT_LIMITS): ExchangeLimits {
  return { firstByteMs: firstByteMs + GRACE_MS, idleMs: idleMs + GRACE_MS };
}

/** FNV-1a hash of a piece, above the ids of every vocabulary, so that no backend mistakes it for one of its own tokens. */
export function pieceId(piece: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(piece)) hash = Math.imul(hash ^ byte, 0x01000193);
  return 0x40000000 + (hash >>> 2);
}
