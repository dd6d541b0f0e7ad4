import type { Context } from '@temporalio/activity';
import type {
  GenerateOptions,
  GenerateRequest,
  GenerateResult,
  LanguageModel,
} from '../../inference/language-model.js';
import { ModelError } from '../../inference/model-error.js';
import { checkedDecoding } from './checked-decoding.js';
import type { Draft } from './draft.js';

/** Gives a model of this worker. @throws {ModelError} `Model.NotFound`, `Model.Damaged` or `Model.Unavailable` */
export type GetModel = (modelId: string) => Promise<LanguageModel>;

/**
 * The request for one text. `fitPrompt` makes its prompt for a session and `fitPanelPrompt` for a step of a panel; both omit what does not
 * fit the context window. Messages that must stay whole can be the prompt as they are; the model then refuses a prompt that does not fit.
 */
export interface TextRequest extends Omit<GenerateRequest, 'resumeFrom' | 'timeoutMs'> {
  /** ISO 8601: the time at which the text ends, complete or not. */
  readonly deadline?: string | undefined;
}

export interface WriteTextOptions extends Pick<GenerateOptions, 'signal' | 'onProgress'> {
  readonly onDelta?: GenerateOptions['onDelta'];
  /**
   * Collects the text, and holds the text to continue from. Default: the text starts at its beginning, and is lost if the attempt fails.
   */
  readonly draft?: Draft;
  /** Whether the caller wants the text written until `signal` aborted. Default: it does not. */
  readonly isStopped?: () => boolean;
}

/**
 * Lets a model write one text.
 *
 * @throws {ModelError} as `LanguageModel.generate`; `Model.InvalidRequest` for a decoding that no engine may be given; `Model.Unavailable`
 *   if the worker shuts down or the server gave up this attempt, so that another attempt continues the text
 */
export async function writeText(
  model: LanguageModel,
  { deadline, decoding, ...request }: TextRequest,
  { signal, onProgress, onDelta, draft, isStopped = () => false }: WriteTextOptions,
): Promise<GenerateResult> {
  const result = await model.generate(
    { ...request, decoding: checkedDecoding(decoding), resumeFrom: draft?.checkpoint(), ...timeLeft(deadline) },
    {
      signal,
      onProgress,
      onDelta: (delta) => {
        draft?.add(delta);
        onDelta?.(delta);
      },
    },
  );
  if (result.finishReason === 'cancelled' && !isStopped()) {
    throw new ModelError(
      'Model.Unavailable',
      'The worker stopped in the middle of the text; another attempt goes on with it.',
      {
        retryAfterMs: 100,
      },
    );
  }
  return result;
}

/** At most half the context window, because the prompt needs room too. */
export function answerTokens({ contextTokens }: LanguageModel, wanted: number): number {
  return Math.min(wanted, contextTokens >> 1);
}

export function timeLeft(deadline: string | undefined): { readonly timeoutMs?: number } {
  return deadline === undefined ? {} : { timeoutMs: Math.max(1, Date.parse(deadline) - Date.now()) };
}

/** Whether the workflow cancelled the activity and wants the text so far. If the worker or the server did, another attempt follows. */
export function isCancelledByWorkflow({ cancellationDetails }: Context): boolean {
  return cancellationDetails?.cancelRequested === true;
}
