import type { JsonSchema } from '../json-schema.js';
import { fieldsOf, itemsOf, parsePartialJson, textOf } from './partial-json.js';
import { MAX_QUESTION_LENGTH } from './plan.js';

/** A contradiction between experts. */
export interface Disagreement {
  /** At least two names. */
  readonly between: readonly string[];
  readonly about: string;
}

/** The coordinator's verdict on the answers so far. */
export interface Verdict {
  /** Whether the answers so far are enough to answer the task. */
  readonly enough: boolean;
  readonly disagreements: readonly Disagreement[];
  readonly followUps: readonly { readonly expert: string; readonly question: string }[];
  /** Question to the person who owns the panel; missing if there is none. */
  readonly askPerson?: string;
}

const MAX_ABOUT_LENGTH = 120;

/** Schema for a grammar. Its fields are in the order in which the model should think. */
export function verdictSchema(experts: readonly string[], mayAskPerson = false): JsonSchema {
  const expert: JsonSchema = { enum: [...experts] };
  const disagreement: JsonSchema = {
    type: 'object',
    properties: {
      between: { type: 'array', items: expert, minItems: 2, maxItems: Math.max(2, Math.min(4, experts.length)) },
      about: { type: 'string', minLength: 1, maxLength: MAX_ABOUT_LENGTH },
    },
    required: ['between', 'about'],
  };
  const followUp: JsonSchema = {
    type: 'object',
    properties: { expert, question: { type: 'string', minLength: 1, maxLength: MAX_QUESTION_LENGTH } },
    required: ['expert', 'question'],
  };
  return {
    type: 'object',
    properties: {
      disagreements: { type: 'array', items: disagreement, maxItems: experts.length > 1 ? 2 : 0 },
      enough: { type: 'boolean' },
      followUps: { type: 'array', items: followUp, maxItems: Math.min(3, experts.length) },
      ...(mayAskPerson && { askPerson: { type: 'string', maxLength: MAX_QUESTION_LENGTH } }),
    },
    required: ['disagreements', 'enough', 'followUps', ...(mayAskPerson ? ['askPerson'] : [])],
  };
}

/**
 * Parses the model's verdict, which may be cut off; undefined if there is no JSON. A verdict of "not enough" without any question counts as
 * enough, because nothing could come of it.
 *
 * @param asked earlier questions, which are not asked again
 */
export function parseVerdict(
  text: string,
  experts: readonly string[],
  asked: readonly { readonly expert: string; readonly text: string; readonly state?: string }[],
): Verdict | undefined {
  const value = parsePartialJson(text);
  if (value === undefined) return undefined;
  const fields = fieldsOf(value);
  // An expert without an answer cannot contradict anyone.
  const silent = experts.filter(
    (name) =>
      asked.length > 0 && !asked.some(({ expert, state = 'answered' }) => expert === name && state === 'answered'),
  );
  const disagreements = itemsOf(fields.disagreements).flatMap((item) => {
    const { between, about } = fieldsOf(item);
    const names = [...new Set(itemsOf(between).map(textOf))].filter(
      (name) => experts.includes(name) && !silent.includes(name),
    );
    // The name of an expert is not a subject of a disagreement.
    return names.length > 1 && textOf(about) !== '' && !experts.includes(textOf(about))
      ? [{ between: names, about: textOf(about) }]
      : [];
  });
  const followUps: { expert: string; question: string }[] = [];
  for (const item of itemsOf(fields.followUps)) {
    const expert = textOf(fieldsOf(item).expert);
    const question = textOf(fieldsOf(item).question);
    const isNew = ![...asked, ...followUps.map((each) => ({ expert: each.expert, text: each.question }))].some(
      (each) => each.expert === expert && each.text === question,
    );
    if (experts.includes(expert) && question !== '' && isNew) followUps.push({ expert, question });
  }
  const askPerson = textOf(fields.askPerson);
  // A verdict that was cut off before this field counts as not enough, unless it asks nothing.
  const enough = fields.enough === true || (followUps.length === 0 && askPerson === '');
  return {
    enough,
    disagreements,
    followUps: enough ? [] : followUps,
    ...(askPerson !== '' && !enough && { askPerson }),
  };
}
