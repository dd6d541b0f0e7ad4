import fc from 'fast-check';

/** Half of a surrogate pair: what `slice` leaves of an emoji. */
export const HALF = '\ud83d';

const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    1.5,
    1e15,
    1e300,
    '',
    ' ',
    'x',
    HALF,
    `id-${HALF}`,
    'a\0b',
    'line\nbreak',
    'x'.repeat(300_000),
    [],
    [null],
    [HALF],
    {},
    { [HALF]: 1 },
    { toString: 5 },
  ),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary' }),
);

type Step = (value: unknown) => unknown;

/** One thing in a value is made another: a part replaced, left out or added, at any depth. */
const step: fc.Arbitrary<Step> = fc
  .record({ kind: fc.constantFrom('replace', 'remove', 'add'), at: fc.nat(), value: junk, key: fc.string() })
  .map(({ kind, at, value, key }) => (given) => {
    const copy = structuredClone(given);
    const places = placesIn(copy);
    const place = places[at % (places.length + 1)];
    if (place === undefined) return kind === 'add' && isObject(copy) ? { ...copy, [key]: value } : value;
    const { owner, name } = place;
    if (kind === 'remove') Reflect.deleteProperty(owner, name);
    else if (kind === 'add') Object.assign(owner, { [key === '' ? 'foreign' : key]: value });
    else Reflect.set(owner, name, value);
    return copy;
  });

/** Values that are near the sample, or far from it. */
export function nearOf(sample: unknown): fc.Arbitrary<unknown> {
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .array(step, { minLength: 1, maxLength: 2 })
        .map((steps) => steps.reduce((value, change) => change(value), sample)),
    },
    { weight: 1, arbitrary: junk },
    { weight: 1, arbitrary: fc.constant(sample) },
  );
}

interface Place {
  readonly owner: object;
  readonly name: string;
}

function placesIn(value: unknown): Place[] {
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, each]) => [{ owner: value, name }, ...placesIn(each)]);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
