/** Measures both sides of a comparison, one after the other: who comes first in one round comes second in the next. */
export async function inTurns<Result>(
  round: number,
  measureValue: () => Promise<Result>,
  measureBaseline: () => Promise<Result>,
): Promise<{ readonly value: Result; readonly baseline: Result }> {
  if (round % 2 === 0) return { value: await measureValue(), baseline: await measureBaseline() };
  const baseline = await measureBaseline();
  return { value: await measureValue(), baseline };
}
