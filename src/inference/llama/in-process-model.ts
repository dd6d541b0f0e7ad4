import type { FinishReason } from '../../domain/session/conversation.js';
import { withDefaults } from '../../domain/decoding.js';
import type {
  BeamSearchCallOptions,
  BeamSearchRequest,
  BeamSearchResult,
  GenerateOptions,
  GenerateRequest,
  GenerateResult,
  LanguageModel,
  Prompt,
  TokenLogprobs,
} from '../language-model.js';
import type { SampledLogprobs } from '../scheduler/batch-engine.js';
import { AnswerClock } from '../answer/answer-clock.js';
import { ENGINE_CAPABILITIES, refuseUnsupported, refuseUnsupportedSearch } from '../capabilities.js';
import { kvBytesPerToken } from '../gguf/kv-bytes.js';
import { createLlamaBatchEngine } from './llama-batch-engine.js';
import type { Vocabulary } from '../vocabulary/llama-vocabulary.js';
import { loadLlama, type LoadedLlama, type LoadLlamaOptions } from './load-llama.js';
import { closingBias } from '../answer/limit-thinking.js';
import { markTokens } from '../answer/mark-tokens.js';
import { ModelError } from '../model-error.js';
import { createPromptTokenizer, type PromptTokenizer } from '../vocabulary/prompt-tokenizer.js';
import { AnswerRepetition } from '../answer/answer-repetition.js';
import { resumeAnswer } from '../answer/resume-answer.js';
import { samplingSettings } from '../answer/sampling-settings.js';
import { searchBeams } from './search-beams.js';
import { jsonSchemaGrammar } from '../structured/json-schema-grammar.js';
import type { SchedulerOutcome } from '../scheduler/scheduler-job.js';
import { StepScheduler } from '../scheduler/step-scheduler.js';

export interface InProcessModelOptions extends LoadLlamaOptions {
  /** Requests that may wait for a sequence before more are refused. Default: `DEFAULT_MAX_QUEUED`. */
  readonly maxQueued?: number;
}

const DEFAULT_MAX_QUEUED = 64;

/**
 * Opens a GGUF file in this process. On machines with few cores this is several times slower than in a separate process
 * (`openNodeLlamaCppModel` explains why), and a crash of native code ends this process.
 *
 * @throws {ModelError} `Model.NotFound`, `Model.Damaged`, `Model.Unsupported` (also for a chat template that cannot be rendered), or
 *   `Model.Unavailable` when memory is short.
 */
export async function openInProcessModel(options: InProcessModelOptions): Promise<InProcessModel> {
  const loaded = await loadLlama(options);
  try {
    const prompts = createPromptTokenizer(loaded.model, { modelId: options.modelId });
    const scheduler = new StepScheduler(createLlamaBatchEngine(loaded), {
      maxQueued: options.maxQueued ?? DEFAULT_MAX_QUEUED,
      snapshots: loaded.snapshots,
    });
    return new InProcessModel(options.modelId, loaded, scheduler, prompts);
  } catch (error) {
    await loaded.dispose();
    throw error;
  }
}

export class InProcessModel implements LanguageModel {
  readonly capabilities = ENGINE_CAPABILITIES;
  readonly contextTokens: number;
  readonly sequences: number;
  /** Size of the KV cache. */
  readonly cacheBytes: number;
  readonly onGpu: boolean;

  constructor(
    readonly modelId: string,
    private readonly loaded: LoadedLlama,
    private readonly scheduler: StepScheduler,
    private readonly prompts: PromptTokenizer,
  ) {
    this.contextTokens = loaded.context.contextSize;
    this.sequences = loaded.sequences;
    this.cacheBytes = kvBytesPerToken(loaded.model.fileInfo) * this.contextTokens * this.sequences;
    this.onGpu = loaded.onGpu;
  }

  async countPromptTokens(prompt: GenerateRequest['prompt']): Promise<number> {
    return this.prompts.tokenize(prompt).tokens.length;
  }

  async generate(request: GenerateRequest, { signal, onDelta, onProgress }: GenerateOptions): Promise<GenerateResult> {
    const clock = new AnswerClock();
    const { vocabulary } = this.loaded;
    refuseUnsupported(this, request);
    const { jsonSchema } = request;
    const prompt = this.prompts.tokenize(jsonSchema === undefined ? request.prompt : withoutThinking(request.prompt));
    this.refuseOverflow(prompt.tokens.length);
    // The grammar of JSON does not allow thoughts.
    const thinking = jsonSchema === undefined ? prompt.thinking : undefined;
    const marks = thinking && markTokens(thinking, vocabulary);
    const isOff = request.prompt.type === 'chat' && request.prompt.thinking === false;
    const maxThinkingTokens = isOff ? 0 : request.maxThinkingTokens;

    const answer = resumeAnswer(request.resumeFrom, {
      ...vocabulary,
      ...thinking,
      ...marks,
      thinking,
      stop: [...(request.stop ?? []), ...prompt.endTexts],
    });
    const ends = (token: number): boolean => {
      if (answer.isThinking && marks?.isInClose(token) === true) return false;
      return vocabulary.isEnd(token) || prompt.endTokens.has(token);
    };
    const logprobs: TokenLogprobs[] = [];
    const deliver = () => {
      for (let delta = answer.takeDelta(); delta !== undefined; delta = answer.takeDelta()) onDelta(delta);
    };
    const finish = (reason: FinishReason, cachedInputTokens: number): GenerateResult => {
      answer.finish();
      deliver();
      return {
        text: answer.text,
        ...(answer.thinking !== '' && { thinking: answer.thinking }),
        finishReason: reason,
        usage: {
          inputTokens: prompt.tokens.length,
          cachedInputTokens: Math.min(cachedInputTokens, prompt.tokens.length),
          outputTokens: answer.tokens.length,
          ...(answer.thinkingTokens > 0 && { thinkingTokens: answer.thinkingTokens }),
          durationMs: clock.durationMs(),
        },
        tokensPerSecond: clock.tokensPerSecond(),
        firstTokenMs: clock.firstTokenMs(),
        ...(request.topLogprobs !== undefined && { logprobs }),
      };
    };

    const decoding = withDefaults({ ...(jsonSchema && { repetitionPenalty: 1 }), ...request.decoding });
    const repetition = new AnswerRepetition(decoding.repetitionLimit, answer);

    if (answer.isStopped) return finish('stop', 0);
    if (repetition.isThere) return finish('degenerate', 0);
    if (answer.tokens.length >= request.maxOutputTokens) return finish('length', 0);
    const tokens = [...prompt.tokens, ...answer.tokens];
    if (tokens.length >= this.contextTokens) return finish('length', 0);

    let ended: FinishReason = 'stop';
    const outcome = await this.scheduler.generate({
      tokens,
      grammar: jsonSchema && { source: jsonSchemaGrammar(jsonSchema), accepted: answer.tokens },
      settings: () => {
        const settings = samplingSettings(decoding, answer.tokens, vocabulary.isBreaker);
        const logitBias = thinking && closingBias(answer, thinking.closeTokens, maxThinkingTokens);
        return logitBias === undefined ? settings : { ...settings, logitBias };
      },
      onToken: (token, sampled) => {
        clock.tick();
        if (sampled !== undefined) logprobs.push(named(token, sampled, vocabulary));
        if (ends(token) || answer.push(token)) return true;
        const repeated = repetition.push(token);
        if (!repeated && answer.tokens.length < request.maxOutputTokens) return false;
        ended = repeated ? 'degenerate' : 'length';
        return true;
      },
      deliver,
      onProgress,
      topLogprobs: request.topLogprobs,
      signal,
      deadlineAt: request.timeoutMs === undefined ? Number.POSITIVE_INFINITY : clock.startedAt + request.timeoutMs,
      priority: request.priority ?? 0,
      cacheKey: request.cacheKey,
      snapshot: request.snapshot,
    });
    return finish(finishReason(outcome.reason, ended), outcome.cachedTokens);
  }

  async beamSearch(request: BeamSearchRequest, { signal, onStep }: BeamSearchCallOptions): Promise<BeamSearchResult> {
    const { scheduler, contextTokens } = this;
    refuseUnsupportedSearch(this, request);
    const prompt = this.prompts.tokenize(withoutThinking(request.prompt));
    this.refuseOverflow(prompt.tokens.length);
    return searchBeams(prompt, request, {
      scheduler,
      vocabulary: this.loaded.vocabulary,
      contextTokens,
      signal,
      onStep,
    });
  }

  forget(cacheKey: string): Promise<void> {
    return this.scheduler.forget(cacheKey);
  }

  /** Progress of the requests with this signal; see `StepScheduler`. */
  progressOf(signal?: AbortSignal): number | undefined {
    return this.scheduler.progressOf(signal);
  }

  async dispose(): Promise<void> {
    await this.scheduler.dispose();
    await this.loaded.dispose();
  }

  private refuseOverflow(promptTokens: number): void {
    const { contextTokens, modelId } = this;
    if (promptTokens < contextTokens) return;
    throw new ModelError(
      'Model.ContextOverflow',
      `The prompt has ${promptTokens} tokens; model "${modelId}" can hold ${contextTokens}, the answer included. ` +
        'Shorten the message or the persona, or use a model with a longer context.',
      { details: { promptTokens, contextTokens } },
    );
  }
}

/** Switches thinking off for outputs that must start with the answer: JSON, and the beams of a search. */
function withoutThinking(prompt: Prompt): Prompt {
  return prompt.type === 'chat' ? { ...prompt, thinking: false } : prompt;
}

function named(token: number, { chosen, top }: SampledLogprobs, { nameOf }: Vocabulary): TokenLogprobs {
  return {
    token,
    text: nameOf(token),
    logprob: chosen,
    top: top.map((likely) => ({ ...likely, text: nameOf(likely.token) })),
  };
}

function finishReason(reason: SchedulerOutcome['reason'], ended: FinishReason): FinishReason {
  if (reason === 'ended') return ended;
  return reason === 'full' ? 'length' : reason;
}
