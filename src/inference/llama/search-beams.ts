import type { FinishReason } from '../../domain/session/conversation.js';
import { AnswerClock } from '../answer/answer-clock.js';
import { AnswerText } from '../answer/answer-text.js';
import { withDefaults } from '../../domain/decoding.js';
import { beamSearch, type Candidate } from '../answer/beam-search.js';
import type { BeamSearchCallOptions, BeamSearchRequest, BeamSearchResult } from '../language-model.js';
import type { Vocabulary } from '../vocabulary/llama-vocabulary.js';
import type { TokenizedPrompt } from '../vocabulary/prompt-tokenizer.js';
import { samplingSettings } from '../answer/sampling-settings.js';
import type { StepScheduler } from '../scheduler/step-scheduler.js';

export interface SearchBeamsOptions {
  readonly scheduler: Pick<StepScheduler, 'generate'>;
  readonly vocabulary: Vocabulary;
  readonly contextTokens: number;
  readonly signal: AbortSignal;
  readonly onStep?: BeamSearchCallOptions['onStep'];
}

/** Settings without penalties. Penalties and temperature do not affect the reported log-probabilities. */
const NEUTRAL = samplingSettings({ ...withDefaults(), repetitionPenalty: 1 }, []);

/**
 * Beam search through requests of one token each: the scheduler finds or copies the sequence that holds the beginning of a beam, and serves
 * other answers in the same rounds.
 */
export async function searchBeams(
  prompt: TokenizedPrompt,
  request: BeamSearchRequest,
  { scheduler, vocabulary, contextTokens, signal, onStep }: SearchBeamsOptions,
): Promise<BeamSearchResult> {
  const clock = new AnswerClock();
  const deadlineAt = clock.startedAt + (request.timeoutMs ?? Number.POSITIVE_INFINITY);
  const stop = [...(request.stop ?? []), ...prompt.endTexts];
  const isEnd = (token: number): boolean => vocabulary.isEnd(token) || prompt.endTokens.has(token);
  let cachedInputTokens = 0;

  const nextOf = async (beam: readonly number[], wanted: number): Promise<readonly Candidate[]> => {
    let next: readonly Candidate[] = [];
    const outcome = await scheduler.generate({
      tokens: [...prompt.tokens, ...beam],
      settings: () => NEUTRAL,
      onToken: (_token, sampled) => {
        next = sampled?.top ?? [];
        return true;
      },
      deliver: () => undefined,
      topLogprobs: wanted,
      signal,
      deadlineAt,
      priority: request.priority ?? 0,
    });
    if (beam.length === 0) cachedInputTokens = outcome.cachedTokens;
    return next;
  };
  const textOf = (tokens: readonly number[]): AnswerText => {
    const text = new AnswerText({ ...vocabulary, stop });
    tokens.some((token) => isEnd(token) || text.push(token));
    text.finish();
    return text;
  };
  const interruption = (): FinishReason | undefined => {
    if (signal.aborted) return 'cancelled';
    return performance.now() >= deadlineAt ? 'deadline' : undefined;
  };

  const maxTokens = Math.min(request.maxOutputTokens, contextTokens - prompt.tokens.length);
  const beams = await beamSearch({
    width: request.width,
    best: request.best ?? 1,
    lengthPenalty: request.lengthPenalty ?? 1,
    maxTokens,
    expand: async (open, wanted) => {
      const next = await Promise.all(open.map((beam) => nextOf(beam, wanted)));
      onStep?.({ done: (open[0]?.length ?? 0) + 1, total: maxTokens });
      return next;
    },
    isComplete: (tokens) => isEnd(tokens.at(-1) ?? -1) || (stop.length > 0 && textOf(tokens).isStopped),
    isInterrupted: () => interruption() !== undefined,
  });
  const cut = interruption() ?? 'length';
  return {
    beams: beams.map(({ tokens, logprob, score, isComplete }) => ({
      text: textOf(tokens).text,
      tokens,
      logprob,
      score,
      finishReason: isComplete ? 'stop' : cut,
    })),
    usage: {
      inputTokens: prompt.tokens.length,
      cachedInputTokens: Math.min(cachedInputTokens, prompt.tokens.length),
      outputTokens: beams.reduce((sum, { tokens }) => sum + tokens.length, 0),
      durationMs: clock.durationMs(),
    },
  };
}
