import type { GroundingInput, KeywordsInput, KeywordsOutput } from '../../domain/session/source-steps.js';
import { groundHits, MAX_GROUNDING_TOKENS } from '../../domain/answer/grounding.js';
import type { GroundedSource } from '../../domain/answer/grounded-source.js';
import { KEYWORD_ANSWER_TOKENS, KEYWORDS_SCHEMA, keywordsText, parseKeywords } from '../../domain/tools/keywords.js';
import { sentences } from '../../domain/words/sentences.js';
import { DEFAULT_PERSONA } from '../../domain/session/session-settings.js';
import { groundedQuestion } from '../../domain/answer/source-texts.js';
import { promptBudget } from '../../domain/session/summary.js';
import type { LanguageModel } from '../../inference/language-model.js';
import { ModelError } from '../../inference/model-error.js';
import { withHeartbeat } from '../with-heartbeat.js';
import { writeText } from './write-text.js';
import type { GetModel } from './write-text.js';

/** Activities of the answering model that prepare an answer with sources. Both are safe to repeat, and send a heartbeat every second. */
export interface SourceActivities {
  /** Writes the keywords to search for, under a grammar. */
  chooseKeywords(input: KeywordsInput): Promise<KeywordsOutput>;
  /**
   * Selects the hits that go into the model's prompt, counted by the model's own tokenizer. Empty if there are no hits.
   *
   * @throws `Model.ContextOverflow` if the context window has no room for any
   */
  groundAnswer(input: GroundingInput): Promise<readonly GroundedSource[]>;
}

/** Share for sources of the room that question and answer leave; the rest is for the conversation. */
const SOURCES_SHARE = 0.75;

export function createSourceActivities({ getModel }: { readonly getModel: GetModel }): SourceActivities {
  return {
    chooseKeywords: (input) =>
      withHeartbeat(async (signal) => chooseKeywords(await getModel(input.modelId), input, signal)),
    groundAnswer: (input) => withHeartbeat(async () => groundAnswer(await getModel(input.modelId), input)),
  };
}

async function chooseKeywords(
  model: LanguageModel,
  { question, draft, deadline }: KeywordsInput,
  signal: AbortSignal,
): Promise<KeywordsOutput> {
  const { text, usage } = await writeText(
    model,
    {
      prompt: {
        type: 'chat',
        persona: DEFAULT_PERSONA,
        messages: [{ role: 'user', text: keywordsText(question, draft) }],
      },
      maxOutputTokens: KEYWORD_ANSWER_TOKENS,
      decoding: { temperature: 0 },
      jsonSchema: KEYWORDS_SCHEMA,
      deadline,
    },
    { signal },
  );
  return { keywords: parseKeywords(text, question), usage };
}

async function groundAnswer(
  model: LanguageModel,
  { question, hits, maxOutputTokens }: GroundingInput,
): Promise<GroundedSource[]> {
  if (hits.length === 0) return [];
  const inPrompt = (text: string): Promise<number> =>
    model.countPromptTokens({ type: 'chat', persona: DEFAULT_PERSONA, messages: [{ role: 'user', text }] });
  const room = promptBudget(model.contextTokens, maxOutputTokens) - (await inPrompt(groundedQuestion(question, [])));
  const around = (await inPrompt('.')) - 1;
  const maxTokens = Math.min(MAX_GROUNDING_TOKENS, Math.floor(room * SOURCES_SHARE));
  const sources = await groundHits(hits, {
    question,
    countTokens: async (text) => (await inPrompt(text)) - around,
    sentences: (text) => [...sentences(text)],
    maxTokens,
  });
  if (sources.length > 0) return sources;
  throw new ModelError(
    'Model.ContextOverflow',
    `"${model.modelId}" has no room for sources beside the question. Shorten it, or use a model with a larger context window.`,
    { details: { contextTokens: model.contextTokens } },
  );
}
