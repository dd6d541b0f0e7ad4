import { log } from '@temporalio/activity';
import type { Context } from '@temporalio/activity';
import type {
  CallDecisionInput,
  CallDecisionOutput,
  CompletionInput,
  CompletionOutput,
} from '../../domain/panel/completion.js';
import { laterMessages } from '../../domain/panel/prompt.js';
import type { LanguageModel } from '../../inference/language-model.js';
import { decisionPrompt, promptWithTools } from '../../inference/structured/decide-tool.js';
import { decideCall } from '../answer/decide-call.js';
import type { Draft } from '../answer/draft.js';
import { isCancelledByWorkflow, writeText } from '../answer/write-text.js';
import type { GetModel } from '../answer/write-text.js';
import { countedAttempt } from './counted-attempt.js';
import { fitPanelPrompt } from './panel-prompt.js';

export interface PanelActivities {
  /**
   * Writes the text of one step of a panel, under a grammar if one is given. Sends a heartbeat with the text so far every second; after a
   * crash, the next attempt continues from there. When cancelled, it returns the text so far.
   */
  completePrompt(input: CompletionInput): Promise<CompletionOutput>;
  /** Lets an expert's model decide whether to answer now or to call a tool. */
  decideCall(input: CallDecisionInput): Promise<CallDecisionOutput>;
}

export function createPanelActivities({ getModel }: { readonly getModel: GetModel }): PanelActivities {
  return {
    completePrompt: (input) =>
      countedAttempt(input, async (context, draft) => complete(await getModel(input.modelId), input, context, draft)),
    decideCall: (input) =>
      countedAttempt(input, async ({ cancellationSignal }) => {
        const { tools = [], calls = [], decoding, deadline, cacheKey } = input;
        const model = await getModel(input.modelId);
        const { bare } = await fitPanelPrompt(model, input, (prompt) => decisionPrompt(prompt, tools, calls));
        const request = { prompt: bare, tools, calls, decoding, deadline, cacheKey };
        return decideCall(model, request, cancellationSignal);
      }),
  };
}

async function complete(
  model: LanguageModel,
  input: CompletionInput,
  context: Context,
  draft: Draft,
): Promise<CompletionOutput> {
  const { tools = [], calls = [], schema, decoding, deadline, cacheKey } = input;
  const { prompt, maxOutputTokens } = await fitPanelPrompt(model, input, (bare) => {
    const asked = promptWithTools(bare, tools, calls);
    const messages = [...asked.messages, ...laterMessages(input.prompt)];
    return { ...asked, messages, ...(schema && { thinking: false }) };
  });
  // Thoughts continue after a crash as the text does, but the other experts of the panel never see them.
  const { text, finishReason, usage } = await writeText(
    model,
    { prompt, maxOutputTokens, decoding, deadline, cacheKey, ...(schema && { jsonSchema: schema }) },
    { draft, signal: context.cancellationSignal, isStopped: () => isCancelledByWorkflow(context) },
  );
  log.info('Panel step written', { finishReason, ...usage });
  return { text, finishReason, modelId: model.modelId, usage };
}
