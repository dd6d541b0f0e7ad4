import type { JsonSchema } from '../json-schema.js';
import type { ExpertProfile } from './expert.js';
import { fieldsOf, itemsOf, parsePartialJson, textOf } from './partial-json.js';

/** The coordinator's plan: questions to experts. */
export interface PlannedQuestion {
  readonly expert: string;
  readonly question: string;
  /** Experts whose answers in this plan are given along with the question. */
  readonly after: readonly string[];
}

export interface Plan {
  readonly questions: readonly PlannedQuestion[];
  /** Repairs, one line each. */
  readonly repairs: readonly string[];
}

/** Limited in characters, because the grammar counts those and a plan must end within its tokens. */
export const MAX_QUESTION_LENGTH = 160;

/** Schema for a grammar, which only allows names of existing experts, and plans of limited length. */
export function planSchema(experts: readonly string[]): JsonSchema {
  const expert: JsonSchema = { enum: [...experts] };
  const question: JsonSchema = {
    type: 'object',
    properties: {
      expert,
      question: { type: 'string', minLength: 1, maxLength: MAX_QUESTION_LENGTH },
      after: { type: 'array', items: expert, maxItems: Math.min(2, experts.length) },
    },
    required: ['expert', 'question', 'after'],
  };
  return {
    type: 'object',
    properties: { questions: { type: 'array', items: question, minItems: 1, maxItems: experts.length } },
    required: ['questions'],
  };
}

/**
 * Parses the model's plan, which may be cut off. Undefined if there is no JSON at all. Experts that the plan forgot are asked the task,
 * because the user named them in order to hear them.
 */
export function parsePlan(text: string, experts: readonly string[], task: string): Plan | undefined {
  const value = parsePartialJson(text);
  if (value === undefined) return undefined;
  const questions = itemsOf(fieldsOf(value).questions).map((item) => {
    const fields = fieldsOf(item);
    return {
      expert: textOf(fields.expert),
      question: textOf(fields.question),
      after: itemsOf(fields.after).map(textOf),
    };
  });
  const plan = repairPlan(questions, experts, task);
  const forgotten = experts.filter((name) => !plan.questions.some(({ expert }) => expert === name));
  return {
    questions: [...plan.questions, ...forgotten.map((expert) => ({ expert, question: task, after: [] }))],
    repairs: [...plan.repairs, ...forgotten.map((name) => `The plan forgot "${name}": it is asked the task.`)],
  };
}

/**
 * Repairs any list of questions to a plan that can be executed. It leaves out unknown experts and repeated questions, merges several
 * questions to one expert, replaces empty questions by the task, and breaks circular waiting. If no question is left, each expert is asked
 * the task.
 */
export function repairPlan(given: readonly PlannedQuestion[], experts: readonly string[], task: string): Plan {
  const repairs: string[] = [];
  const merged = new Map<string, { texts: string[]; after: Set<string> }>();
  for (const { expert, question, after } of given) {
    if (!experts.includes(expert)) {
      repairs.push(`There is no expert "${expert}": its question is left out.`);
      continue;
    }
    const known = merged.get(expert) ?? { texts: [], after: new Set<string>() };
    const text = question.trim() === '' ? task : question.trim();
    if (question.trim() === '') repairs.push(`The question to "${expert}" was empty: it is asked the task.`);
    if (known.texts.includes(text)) repairs.push(`"${expert}" was asked the same twice: it is asked once.`);
    else known.texts.push(text);
    for (const name of after) if (name !== expert && experts.includes(name)) known.after.add(name);
    merged.set(expert, known);
  }
  if (merged.size === 0) {
    repairs.push('The plan asked nobody: each expert is asked the task.');
    for (const expert of experts) merged.set(expert, { texts: [task], after: new Set() });
  }
  const kept = new Map<string, readonly string[]>();
  for (const [expert, { after }] of merged) {
    const possible = [...after].filter((name) => merged.has(name));
    const free = possible.filter((name) => !reaches(kept, name, expert));
    if (free.length < possible.length)
      repairs.push(`"${expert}" waited for answers that wait for its own: it does not wait.`);
    kept.set(expert, free);
  }
  const questions = [...merged].map(([expert, { texts }]) => ({
    expert,
    question: texts.join('\n'),
    after: kept.get(expert) ?? [],
  }));
  return { questions, repairs };
}

/** Applies the order of the experts' own `after` to the plan; it takes precedence over the order in the plan. */
export function orderPlan(
  { questions, repairs }: Plan,
  experts: readonly Pick<ExpertProfile, 'name' | 'after'>[],
): Plan {
  const isAsked = (name: string): boolean => questions.some(({ expert }) => expert === name);
  const fixed = experts.map(({ name, after = [] }) => [name, after.filter(isAsked)] as const);
  const order = new Map<string, readonly string[]>(fixed);
  const ordered = questions.map((question) => {
    const { expert } = question;
    const always = order.get(expert) ?? [];
    const planned = question.after.filter((name) => !always.includes(name) && !reaches(order, name, expert));
    const after = [...always, ...planned];
    order.set(expert, after);
    return { ...question, after };
  });
  return { questions: ordered, repairs };
}

/** Faults of a plan given by a person, which is not repaired silently. */
export function faultsOfPlan(given: readonly PlannedQuestion[], experts: readonly string[], task: string): string[] {
  if (given.length === 0) return ['A plan must ask at least one question.'];
  const unknownAfter = given.flatMap(({ expert, after }) =>
    after
      .filter((name) => name === expert || !given.some((other) => other.expert === name))
      .map((name) => `"${expert}" waits for "${name}", which the plan does not ask.`),
  );
  return [...unknownAfter, ...repairPlan(given, experts, task).repairs];
}

function reaches(edges: ReadonlyMap<string, readonly string[]>, from: string, to: string): boolean {
  return from === to || (edges.get(from) ?? []).some((next) => reaches(edges, next, to));
}
