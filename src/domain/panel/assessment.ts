import type { JsonSchema } from '../json-schema.js';
import { fieldsOf, itemsOf, parsePartialJson, textOf } from './partial-json.js';

export const CONFIDENCES = ['low', 'medium', 'high'] as const;
/** `unknown`: the expert did not come to say it. */
export type Confidence = (typeof CONFIDENCES)[number] | 'unknown';

/** An expert's assessment of its own answer. */
export interface Assessment {
  /** The question lay outside its responsibility: the answer does not count. */
  readonly isOutside: boolean;
  readonly confidence: Confidence;
  /** What it rests on, in the expert's own words; nothing checks them. */
  readonly sources: readonly string[];
}

export const UNASSESSED: Assessment = { isOutside: false, confidence: 'unknown', sources: [] };

/** Of an expert's word on its answer. */
export const ASSESSMENT_SCHEMA: JsonSchema = {
  type: 'object',
  properties: {
    confidence: { enum: [...CONFIDENCES] },
    sources: { type: 'array', items: { type: 'string', minLength: 1, maxLength: 60 }, maxItems: 3 },
    withinResponsibility: { type: 'boolean' },
  },
  required: ['confidence', 'sources', 'withinResponsibility'],
};

/** Reads what the model wrote, whole or cut off. */
export function parseAssessment(text: string): Assessment {
  const fields = fieldsOf(parsePartialJson(text));
  const confidence = CONFIDENCES.find((known) => known === fields.confidence) ?? 'unknown';
  const sources = itemsOf(fields.sources)
    .map(textOf)
    .filter((source) => source !== '');
  return { isOutside: fields.withinResponsibility === false, confidence, sources: [...new Set(sources)] };
}
