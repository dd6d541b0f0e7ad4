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

/** The model of this worker. @throws {ModelError} `Model.NotFound`, `Model.Damaged` or `Model.Unavailable` */
export type GetModel = (modelId: string) => Promise<LanguageModel>;

/**
 * What a text is written from. Its prompt is made by `fitPrompt` for a session and by `fitPanelPrompt` for a step of a panel, which leave
 * out what the window has no room for; messages that must stay whole are a prompt as they are, and the model refuses what does not fit.
 */
export interface TextRequest extends Omit<GenerateRequest, 'resumeFrom' | 'timeoutMs'> {
  /** ISO 8601: when the text must end, whatever there is of it. */
  readonly deadline?: string | undefined;
}

export interface WriteTextOptions extends Pick<GenerateOptions, 'signal' | 'onProgress'> {
  readonly onDelta?: GenerateOptions['onDelta'];
  /** Where the text grows, and what it goes on from. Default: it is written from its beginning, and lost with its attempt. */
  readonly draft?: Draft;
  /** Whether somebody wants what was written until `signal` aborted. Default: nobody does. */
  readonly isStopped?: () => boolean;
}

/**
 * Has a model write one text.
 *
 * @throws {ModelError} as `LanguageModel.generate`; `Model.InvalidRequest` for a decoding that no engine may be given; `Model.Unavailable`
 *   when the worker shuts down or the server gave this attempt up, so that another attempt goes on with the text
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

/** Half the window at most: a prompt needs room too. */
export function answerTokens({ contextTokens }: LanguageModel, wanted: number): number {
  return Math.min(wanted, contextTokens >> 1);
}

export function timeLeft(deadline: string | undefined): { readonly timeoutMs?: number } {
  return deadline === undefined ? {} : { timeoutMs: Math.max(1, Date.parse(deadline) - Date.now()) };
}

/** Whether the workflow wants what was written, rather than the worker or the server another attempt. */
export function isCancelledByWorkflow({ cancellationDetails }: Context): boolean {
  return cancellationDetails?.cancelRequested === true;
}
