import type { CompletionInput } from '../../domain/panel/completion.js';
import { longestMaterial, renderPrompt } from '../../domain/panel/prompt.js';
import type { LanguageModel } from '../../inference/language-model.js';
import { ModelError } from '../../inference/model-error.js';
import type { ChatPrompt } from '../../inference/structured/decide-tool.js';
import { answerTokens } from '../answer/write-text.js';

/** Below this length, the texts of others are useless: the prompt itself is too large. */
const LEAST_MATERIAL_CHARACTERS = 40;

export interface FittedPrompt {
  readonly prompt: ChatPrompt;
  /** The same prompt without the additions of `whole`. */
  readonly bare: ChatPrompt;
  readonly maxOutputTokens: number;
}

/**
 * Makes the prompt of a step of a panel, and shortens the texts of others until it fits the context window.
 *
 * @param whole makes the prompt that the model is given
 * @throws {ModelError} `Model.ContextOverflow`
 */
export async function fitPanelPrompt(
  model: LanguageModel,
  input: Pick<CompletionInput, 'prompt' | 'maxOutputTokens'>,
  whole: (bare: ChatPrompt) => ChatPrompt,
): Promise<FittedPrompt> {
  const maxOutputTokens = answerTokens(model, input.maxOutputTokens);
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
