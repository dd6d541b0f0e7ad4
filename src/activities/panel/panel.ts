import { ApplicationFailure, Context, log } from '@temporalio/activity';
import { isAnswerCheckpoint } from '../../domain/session/generation.js';
import type {
  CallDecisionInput,
  CallDecisionOutput,
  CompletionCheckpoint,
  CompletionInput,
  CompletionOutput,
} from '../../domain/panel/completion.js';
import { laterMessages, longestMaterial, renderPrompt } from '../../domain/panel/prompt.js';
import type { LanguageModel } from '../../inference/language-model.js';
import { ModelError } from '../../inference/model-error.js';
import { decideTool, decisionPrompt, promptWithTools } from '../../inference/structured/decide-tool.js';
import type { ChatPrompt } from '../../inference/structured/decide-tool.js';
import type { GetModel } from '../answer/get-model.js';
import { checkedDecoding } from '../answer/checked-decoding.js';
import { startHeartbeat } from '../heartbeat.js';
import { toFailure } from '../to-failure.js';

export interface PanelActivities {
  /**
   * Writes the text of one step of a panel, under a grammar where it is given one. Beats every second with the text so far; an attempt
   * after a crash goes on from there. When cancelled it returns what was written so far.
   */
  completePrompt(input: CompletionInput): Promise<CompletionOutput>;
  /** Lets an expert's model decide whether to answer now or to call a tool. */
  decideCall(input: CallDecisionInput): Promise<CallDecisionOutput>;
}

/** Below this the texts of others say nothing: the prompt is too large by itself. */
const LEAST_MATERIAL_CHARACTERS = 40;

export function createPanelActivities({ getModel }: { readonly getModel: GetModel }): PanelActivities {
  return {
    completePrompt: (input) => counted(input, (context, draft) => complete(input, getModel, context, draft)),
    decideCall: (input) =>
      counted(input, async (context) => {
        const { tools = [], calls = [], cacheKey } = input;
        const decoding = checkedDecoding(input.decoding);
        const model = await getModel(input.modelId);
        const fitted = await fit(model, input, (prompt) => decisionPrompt(prompt, tools, calls));
        const { decision, usage } = await decideTool(
          model,
          { prompt: fitted.bare, tools, calls, decoding, cacheKey, ...timeoutOf(input) },
          { signal: context.cancellationSignal },
        );
        return { decision, usage };
      }),
  };
}

type Draft = { text: string; thinking?: string; tokens: number[] };

/** Runs an attempt with heartbeats. Counts failures of the model apart from deaths of workers: only those use attempts up. */
async function counted<T>(
  { maxAttempts }: Pick<CompletionInput, 'maxAttempts'>,
  action: (context: Context, draft: Draft) => Promise<T>,
): Promise<T> {
  const context = Context.current();
  const earlier: unknown = context.info.heartbeatDetails;
  const draft: Draft = isAnswerCheckpoint(earlier)
    ? { ...earlier, tokens: [...earlier.tokens] }
    : { text: '', tokens: [] };
  const failures = failuresOf(earlier);
  const checkpoint = (more = 0): CompletionCheckpoint => ({ ...draft, failures: failures + more });
  const heartbeat = startHeartbeat(context, () => checkpoint());
  try {
    return await action(context, draft);
  } catch (error) {
    if (context.cancellationDetails?.cancelRequested === true) await context.cancelled;
    if (context.cancellationSignal.aborted) {
      // The worker ends, or the server gave the attempt up: another one goes on from here.
      context.heartbeat(checkpoint());
      throw toFailure(error);
    }
    // Before the failure, or the next attempt would not know of it.
    context.heartbeat(checkpoint(1));
    const failure = toFailure(error);
    if (failures + 1 < maxAttempts || !(failure instanceof Error)) throw failure;
    const type = failure instanceof ApplicationFailure ? failure.type : undefined;
    throw ApplicationFailure.nonRetryable(failure.message, type ?? 'Model.Unavailable');
  } finally {
    heartbeat.stop();
  }
}

async function complete(
  input: CompletionInput,
  getModel: GetModel,
  context: Context,
  draft: Draft,
): Promise<CompletionOutput> {
  const { tools = [], calls = [], schema, cacheKey } = input;
  const decoding = checkedDecoding(input.decoding);
  const model = await getModel(input.modelId);
  const { prompt, maxOutputTokens } = await fit(model, input, (bare) => {
    const asked = promptWithTools(bare, tools, calls);
    const messages = [...asked.messages, ...laterMessages(input.prompt)];
    return { ...asked, messages, ...(schema && { thinking: false }) };
  });
  const result = await model.generate(
    {
      prompt,
      maxOutputTokens,
      decoding,
      cacheKey,
      ...(schema && { jsonSchema: schema }),
      ...timeoutOf(input),
      ...((draft.text !== '' || draft.thinking !== undefined) && {
        resumeFrom: { ...draft, tokens: [...draft.tokens] },
      }),
    },
    {
      signal: context.cancellationSignal,
      onDelta: (delta) => {
        // Thoughts go on after a crash as the text does; nobody else on the panel is told of them.
        const part = delta.part ?? 'text';
        draft[part] = (draft[part] ?? '').slice(0, delta.offset) + delta.text;
        draft.tokens.push(...delta.tokens);
      },
    },
  );
  const { text, finishReason, usage } = result;
  if (finishReason === 'cancelled' && context.cancellationDetails?.cancelRequested !== true) {
    // The worker ends, not the panel: another one goes on.
    throw new ModelError('Model.Unavailable', 'The model was closed in the middle of its text.', { retryAfterMs: 100 });
  }
  log.info('Panel step written', { finishReason, ...usage });
  return { text, finishReason, modelId: model.modelId, usage };
}

/** The prompt with the texts of others cut until it fits the window. @throws {ModelError} `Model.ContextOverflow` */
async function fit(
  model: LanguageModel,
  input: Pick<CompletionInput, 'prompt' | 'maxOutputTokens'>,
  whole: (bare: ChatPrompt) => ChatPrompt,
): Promise<{ readonly prompt: ChatPrompt; readonly bare: ChatPrompt; readonly maxOutputTokens: number }> {
  const maxOutputTokens = Math.min(input.maxOutputTokens, model.contextTokens >> 1);
  const room = model.contextTokens - maxOutputTokens;
  let maxCharacters = longestMaterial(input.prompt);
  for (;;) {
    const text = renderPrompt(input.prompt, maxCharacters);
    const bare: ChatPrompt = { type: 'chat', persona: input.prompt.persona, messages: [{ role: 'user', text }] };
    const prompt = whole(bare);
    const promptTokens = await model.countPromptTokens(prompt);
    if (promptTokens < room) return { prompt, bare, maxOutputTokens };
    if (maxCharacters < LEAST_MATERIAL_CHARACTERS) {
      throw new ModelError(
        'Model.ContextOverflow',
        `The question alone has ${promptTokens} tokens; with ${maxOutputTokens} to be written it does not fit the window of ` +
          `${model.contextTokens}. Shorten task or persona, or take a model with a larger window.`,
        { details: { promptTokens, contextTokens: model.contextTokens } },
      );
    }
    maxCharacters = Math.floor(maxCharacters * Math.min(0.8, Math.max(0.3, room / promptTokens)));
  }
}

function timeoutOf({ deadline }: Pick<CompletionInput, 'deadline'>): { readonly timeoutMs?: number } {
  return deadline === undefined ? {} : { timeoutMs: Math.max(1, Date.parse(deadline) - Date.now()) };
}

function failuresOf(details: unknown): number {
  if (typeof details !== 'object' || details === null || !('failures' in details)) return 0;
  return typeof details.failures === 'number' ? details.failures : 0;
}
