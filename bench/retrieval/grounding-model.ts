import { MockActivityEnvironment } from '@temporalio/testing';
import { createSourceActivities } from '../../src/activities/answer/sources.js';
import { sourcedAnswer } from '../../src/domain/answer/citations.js';
import type { GroundedSource } from '../../src/domain/answer/grounded-source.js';
import { groundedQuestion } from '../../src/domain/answer/source-texts.js';
import { DEFAULT_PERSONA } from '../../src/domain/session/session-settings.js';
import type { LanguageModel } from '../../src/inference/language-model.js';
import type { BenchRow } from '../bench-row.js';
import { readRow, shareRow } from './grounding.js';
import type { JudgedSearch } from './grounding.js';

/** Tokens of an answer: enough for a statement and its mark. */
const ANSWER_TOKENS = 48;

interface Answered extends JudgedSearch {
  readonly isRefused: boolean;
  readonly isGrounded: boolean;
}

/**
 * The same questions, answered by a model from what was found, unless that is too weak: then the product answers without it. Of questions
 * with an answer only every `answeredStep`th is asked, since the model takes seconds for each; all count where the rule refuses.
 */
export async function groundingModelRows(
  model: LanguageModel,
  judged: readonly JudgedSearch[],
  {
    answeredStep,
    onNotice,
    signal,
  }: { readonly answeredStep: number; readonly onNotice: (line: string) => void; readonly signal: AbortSignal },
): Promise<BenchRow[]> {
  const activities = createSourceActivities({ getModel: () => Promise.resolve(model) });
  const answer = async (each: JudgedSearch): Promise<Answered> => {
    const { question, found } = each;
    if (found.isWeak === true) return { ...each, isRefused: true, isGrounded: false };
    const { modelId } = model;
    const asked = { modelId, question, hits: found.hits, maxOutputTokens: ANSWER_TOKENS };
    const ground = (): Promise<readonly GroundedSource[]> => activities.groundAnswer(asked);
    const sources: readonly GroundedSource[] = await new MockActivityEnvironment().run(ground);
    const { text } = await model.generate(
      {
        prompt: {
          type: 'chat',
          persona: DEFAULT_PERSONA,
          messages: [{ role: 'user', text: groundedQuestion(question, sources) }],
        },
        maxOutputTokens: ANSWER_TOKENS,
        decoding: { temperature: 0 },
      },
      { signal, onDelta: () => undefined },
    );
    return { ...each, isRefused: false, isGrounded: sourcedAnswer(text, sources, []).grounded };
  };
  const ofLanguages = judged.filter(({ set }) => set !== 'cross');
  const others = ofLanguages.filter(({ kind }) => kind !== 'answered');
  const answered = ofLanguages.filter(({ kind }) => kind === 'answered');
  const asked = [...others, ...answered.filter((_, index) => index % answeredStep === 0)];
  const results: Answered[] = [];
  for (const each of asked) {
    if (signal.aborted) return [];
    if (results.length % 20 === 0) {
      const grounded = results.filter(({ isGrounded }) => isGrounded).length;
      onNotice(`grounding: ${results.length} of ${asked.length} questions answered, ${grounded} grounded`);
    }
    results.push(await answer(each));
  }
  return (['en', 'zh'] as const).flatMap((set) => {
    const language = set === 'en' ? 'English' : 'Chinese';
    const without = results.filter((each) => each.set === set && each.kind !== 'answered');
    const withAnswer = results.filter((each) => each.set === set && each.kind === 'answered');
    const all = answered.filter((each) => each.set === set);
    return [
      shareRow(
        `${language}, with ${model.modelId}: falsely refused of ${all.length}`,
        all,
        ({ found }) => found.isWeak === true,
      ),
      shareRow(
        `${language}, with ${model.modelId}: falsely grounded of ${without.length}`,
        without,
        ({ isGrounded }) => isGrounded,
      ),
      readRow(
        `${language}, with ${model.modelId}: grounded of ${withAnswer.length} with an answer`,
        withAnswer,
        ({ isGrounded }) => isGrounded,
      ),
    ];
  });
}
