import type { JsonSchema } from '../json-schema.js';
import { fieldsOf, itemsOf, parsePartialJson, textOf } from './partial-json.js';

export const CONFIDENCES = ['low', 'medium', 'high'] as const;
/** `unknown`: the expert did not state its confidence. */
export type Confidence = (typeof CONFIDENCES)[number] | 'unknown';

/** An expert's assessment of its own answer. */
export interface Assessment {
  /** Whether the question is outside the expert's responsibility. If so, the answer does not count. */
  readonly isOutside: boolean;
  readonly confidence: Confidence;
  /** The sources of the answer, in the expert's own words; they are not verified. */
  readonly sources: readonly string[];
}

export const UNASSESSED: Assessment = { isOutside: false, confidence: 'unknown', sources: [] };

/** Schema of an expert's assessment of its own answer. */
export const ASSESSMENT_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    confidence: { enum: [...CONFIDENCES] },
    sources: { type: 'array', items: { type: 'string', minLength: 1, maxLength: 60 }, maxItems: 3 },
    withinResponsibility: { type: 'boolean' },
  },
  required: ['confidence', 'sources', 'withinResponsibility'],
};

/** Parses the model's assessment, which may be cut off. */
export function parseAssessment(text: string): Assessment {
  const fields = fieldsOf(parsePartialJson(text));
  const confidence = CONFIDENCES.find((known) => known === fields.confidence) ?? 'unknown';
  const sources = itemsOf(fields.sources)
    .map(textOf)
    .filter((source) => source !== '');
  return { isOutside: fields.withinResponsibility === false, confidence, sources: [...new Set(sources)] };
}
