/** Dates in the formats that servers send. `Date.parse` alone would read "try 5" as a day in May. source: RFC 9110, 5.6.7; RFC 3339 */
const DATE = /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? |\d{4}-\d\d-\d\d[T ])/u;
const LONGEST_MS = 10 * 60_000;

/**
 * How long to wait according to `Retry-After`, in ms. Accepts seconds or a date, as in RFC 9110. A date in the past gives 0.
 *
 * @returns undefined if the header is missing or invalid
 */
export function parseRetryAfter(
  value: string | null,
  { now = Date.now(), longestMs = LONGEST_MS }: { readonly now?: number; readonly longestMs?: number } = {},
): number | undefined {
  const text = value?.trim() ?? '';
  const ms = /^-?\d+(?:\.\d+)?$/u.test(text) ? Number(text) * 1000 : DATE.test(text) ? Date.parse(text) - now : NaN;
  return Number.isFinite(ms) ? Math.min(Math.max(0, Math.round(ms)), longestMs) : undefined;
}
