import { ASSESSMENT_SCHEMA } from './assessment.js';
import type { ExpertProfile } from './expert.js';
import type { CoordinatorRequest } from './coordinator-prompts.js';
import type { Material, PanelPrompt } from './prompt.js';
import { cutText } from '../text.js';
import { array, number, object, optional, string, textBy, timestamp } from '../schema.js';
import { MAX_MESSAGE_BYTES } from '../session/user-message.js';
import { givenIdSchema, outputTokensSchema, secondsSchema, userIdSchema } from '../value-schemas.js';
import { askedExpertSchema } from './expert.js';
import { faultOfPanelId } from './panel-id.js';

/** Input of the `expert` workflow: one question. */
export interface ExpertInput {
  readonly panelId: string;
  readonly questionId: string;
  /** The model is set, unless the expert is remote. */
  readonly profile: ExpertProfile & { readonly modelId: string };
  readonly task: string;
  readonly question: string;
  /** Answers of other experts that it builds on. */
  readonly material: readonly Material[];
  readonly maxOutputTokens: number;
  /** ISO 8601: when the panel needs the answer. */
  readonly deadline: string;
  readonly seed?: number;
  readonly userId: string;
  readonly maxToolCalls: number;
  readonly approvalSeconds: number;
}

/** Enough for an expert's assessment of its answer in any script. */
export const ASSESSMENT_TOKENS = 200;
/** Maximum length of an answer in histories. */
export const MAX_ANSWER_CHARACTERS = 8_000;
/** Maximum length of all material of a question. */
const MAX_MATERIAL_CHARACTERS = 24_000;

/** Limits the material of a question by cutting each text to an even share. */
export function boundMaterial(material: readonly Material[]): Material[] {
  const share = Math.floor(MAX_MATERIAL_CHARACTERS / Math.max(1, material.length));
  return material.map(({ title, text }) => ({
    title: title.slice(0, 300),
    text: cutText(text, share),
  }));
}

export function answerPrompt({ profile, task, question, material }: ExpertInput): PanelPrompt {
  return {
    persona: `${profile.persona}\n\nYour responsibility in a panel of experts: ${profile.responsibility}`,
    material,
    question:
      question === task
        ? `${task}\n\nAnswer from your own field.`
        : `The panel's task:\n${task}\n\nYour question:\n${question}\n\nAnswer your question from your own field.`,
  };
}

/** Asks an expert to assess its own answer, in the same conversation, so that the model does not have to read it again. */
export function assessmentRequest(input: ExpertInput, answer: string): CoordinatorRequest {
  const next = [
    `Your responsibility: ${input.profile.responsibility}`,
    'Say of your answer, as JSON: how sure you are, what it rests on (names of laws, standards, documents, or "own knowledge"), and ' +
      'whether the question lies within your responsibility. ' +
      'Like this: {"confidence":"medium","sources":["own knowledge"],"withinResponsibility":true}',
  ].join('\n\n');
  return {
    prompt: { ...answerPrompt(input), answered: { text: answer, next } },
    schema: ASSESSMENT_SCHEMA,
    maxOutputTokens: ASSESSMENT_TOKENS,
  };
}

/** Panels create these inputs, and have already cut the answers in the material. */
export const expertInputSchema = object<ExpertInput>({
  panelId: textBy(faultOfPanelId),
  questionId: givenIdSchema,
  profile: askedExpertSchema,
  task: string({ minLength: 1, maxLength: MAX_MESSAGE_BYTES }),
  question: string({ minLength: 1, maxLength: MAX_MESSAGE_BYTES }),
  material: array(object<Material>({ title: string({ maxLength: 1_000 }), text: string({ maxLength: 200_000 }) }), {
    most: 1_000,
  }),
  maxOutputTokens: outputTokensSchema,
  deadline: timestamp(),
  seed: optional(number({ most: 0xffff_ffff, whole: true })),
  userId: userIdSchema,
  maxToolCalls: number({ most: 1_000, whole: true }),
  approvalSeconds: secondsSchema,
});
