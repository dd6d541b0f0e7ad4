/** Why a request failed, on one line: the innermost cause with a message. `fetch` itself only reports that it failed. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (error.cause !== undefined) return reasonOf(error.cause);
  return (error.message.split('\n')[0] ?? '').trim() || error.name;
}
