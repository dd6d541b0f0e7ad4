/** Dates as servers send them. `Date.parse` by itself takes "try 5" for a day of May. source: RFC 9110, 5.6.7; RFC 3339 */
const DATE = /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? |\d{4}-\d\d-\d\d[T ])/u;
const LONGEST_MS = 10 * 60_000;

/**
 * How long to wait by the value of `Retry-After`, in ms: seconds or a date, as RFC 9110 has it. Never less than 0, which is what a date in
 * the past gives.
 *
 * @returns undefined when there is no such header, or it is neither
 */
export function parseRetryAfter(
  value: string | null,
  { now = Date.now(), longestMs = LONGEST_MS }: { readonly now?: number; readonly longestMs?: number } = {},
): number | undefined {
  const text = value?.trim() ?? '';
  const ms = /^-?\d+(?:\.\d+)?$/u.test(text) ? Number(text) * 1000 : DATE.test(text) ? Date.parse(text) - now : NaN;
  return Number.isFinite(ms) ? Math.min(Math.max(0, Math.round(ms)), longestMs) : undefined;
}
