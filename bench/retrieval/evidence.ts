/** What a search says of whether a question is answered by what it found. */
export interface Evidence {
  /** Of the nearest passage. */
  readonly cosine: number;
  /** Of all passages with the question: how near texts are that have nothing to do with it. */
  readonly meanCosine: number;
  /** Of the question's words, weighed by how rare they are, the part that one passage holds; the best passage's. */
  readonly share: number;
}

export interface Judged extends Evidence {
  readonly isAnswered: boolean;
}

/** Whether evidence is enough. */
export type EvidenceRule = (evidence: Evidence) => boolean;

/** @param vectors of unit length, as `question`; `terms` are the passages' in the same order */
export function evidenceOf(
  question: { readonly vector: Float32Array; readonly terms: readonly string[] },
  vectors: readonly Float32Array[],
  terms: readonly ReadonlySet<string>[],
): Evidence {
  const cosines = vectors.map((vector) => dot(vector, question.vector));
  const weights = question.terms.map((term) => {
    const holding = terms.filter((each) => each.has(term)).length;
    return Math.log(1 + (terms.length - holding + 0.5) / (holding + 0.5));
  });
  const total = sum(weights) || 1;
  const shares = terms.map((each) => sum(weights.filter((_, index) => each.has(question.terms[index] ?? ''))) / total);
  return {
    cosine: highest(cosines),
    meanCosine: sum(cosines) / Math.max(cosines.length, 1),
    share: highest(shares),
  };
}

/** Steps of gradient descent, over standardised values: it has come to rest long before. */
const STEPS = 4_000;
const STEP = 0.5;
/** Against weights without bound, where the examples can be told apart without a fault. */
const RIDGE = 1e-3;

/**
 * Logistic regression of what is answered on the three values, both kinds weighing alike, and the threshold at which the higher of both
 * rates of errors is lowest.
 */
export function fitEvidenceRule(examples: readonly Judged[]): EvidenceRule {
  const rows = examples.map(valuesOf);
  const means = valuesOf({ cosine: 0, meanCosine: 0, share: 0 }).map((_, place) =>
    mean(rows.map((row) => at(row, place))),
  );
  const deviations = means.map(
    (middle, place) => Math.sqrt(mean(rows.map((row) => (at(row, place) - middle) ** 2))) || 1,
  );
  const standard = (row: readonly number[]): number[] =>
    row.map((value, place) => (value - at(means, place)) / at(deviations, place));
  const inputs = rows.map(standard);
  const answered = examples.filter(({ isAnswered }) => isAnswered).length;
  const weighing = examples.map(({ isAnswered }) => 0.5 / (isAnswered ? answered : examples.length - answered));
  let weights = means.map(() => 0);
  let bias = 0;
  for (let step = 0; step < STEPS; step++) {
    const errors = inputs.map((input, index) => {
      const probability = 1 / (1 + Math.exp(-(bias + dot(weights, input))));
      return (probability - (examples[index]?.isAnswered === true ? 1 : 0)) * at(weighing, index);
    });
    weights = weights.map((weight, place) => {
      const slope = sum(errors.map((error, index) => error * at(inputs[index] ?? [], place)));
      return weight - STEP * (slope + RIDGE * weight);
    });
    bias -= STEP * sum(errors);
  }
  const scoreOf = (evidence: Evidence): number => dot(weights, standard(valuesOf(evidence)));
  const scores = examples.map(scoreOf).toSorted((a, b) => a - b);
  // Between two scores, since those of other questions fall there too.
  const thresholds = scores.slice(1).map((score, index) => (score + at(scores, index)) / 2);
  const errorOf = (threshold: number): number => {
    const { refused, grounded } = errorRates(examples, (evidence) => scoreOf(evidence) >= threshold);
    return Math.max(refused, grounded);
  };
  const best = thresholds.toSorted((a, b) => errorOf(a) - errorOf(b))[0] ?? 0;
  return (evidence) => scoreOf(evidence) >= best;
}

/** Of the answered ones the part that a rule refuses, and of the others the part that it takes for grounded. */
export function errorRates(examples: readonly Judged[], rule: EvidenceRule): { refused: number; grounded: number } {
  const answered = examples.filter(({ isAnswered }) => isAnswered);
  const others = examples.filter(({ isAnswered }) => !isAnswered);
  return {
    refused: answered.filter((each) => !rule(each)).length / Math.max(answered.length, 1),
    grounded: others.filter((each) => rule(each)).length / Math.max(others.length, 1),
  };
}

function valuesOf({ cosine, meanCosine, share }: Evidence): number[] {
  return [cosine, meanCosine, share];
}

function at(values: ArrayLike<number>, place: number): number {
  return values[place] ?? 0;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let total = 0;
  for (let place = 0; place < a.length; place++) total += at(a, place) * at(b, place);
  return total;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / Math.max(values.length, 1);
}

function highest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
