/**
 * GBNF for whole numbers from `low` to `high`, both inclusive and safe integers, without leading zeros or `-0`.
 *
 * source: the same idea as `_build_min_max_int` of llama.cpp's `common/json-schema-to-grammar.cpp`.
 */
export function integerRange(low: number, high: number): string {
  const alternatives = [
    ...(low < 0 ? [`"-" (${positiveRange(Math.max(1, -high), -low)})`] : []),
    ...(high >= 0 ? [positiveRange(Math.max(0, low), high)] : []),
  ];
  return alternatives.join(' | ');
}

/** Handles each length separately, because numbers of the same length compare like their digits. */
function positiveRange(low: number, high: number): string {
  const from = String(low);
  const to = String(high);
  const alternatives: string[] = [];
  for (let length = from.length; length <= to.length; length++) {
    const first = length === from.length ? from : `1${'0'.repeat(length - 1)}`;
    const last = length === to.length ? to : '9'.repeat(length);
    alternatives.push(digits(first, last));
  }
  return alternatives.join(' | ');
}

function digits(from: string, to: string): string {
  const length = from.length;
  if (length === 0) return '""';
  if (from === to) return `"${from}"`;
  if (/^0+$/u.test(from) && /^9+$/u.test(to)) return anyDigits(length);
  const [low, high] = [Number(from[0]), Number(to[0])];
  if (low === high) return `"${low}" (${digits(from.slice(1), to.slice(1))})`;
  const rest = length - 1;
  // Includes the first and last of the first digits in the full range if any digits may follow them.
  const lowest = /^0*$/u.test(from.slice(1)) ? low : low + 1;
  const highest = /^9*$/u.test(to.slice(1)) ? high : high - 1;
  return [
    ...(lowest > low ? [`"${low}" (${digits(from.slice(1), '9'.repeat(rest))})`] : []),
    ...(lowest <= highest ? [`[${lowest}-${highest}]${rest > 0 ? ` ${anyDigits(rest)}` : ''}`] : []),
    ...(highest < high ? [`"${high}" (${digits('0'.repeat(rest), to.slice(1))})`] : []),
  ].join(' | ');
}

function anyDigits(count: number): string {
  return count === 1 ? '[0-9]' : `[0-9]{${count}}`;
}
