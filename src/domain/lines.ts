/** Matches everything that a reader may treat as a line break. */
export function linesOf(text: string): string[] {
  return text.split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/u);
}

/**
 * Removes characters that readers do not see but models do: control characters (except tabs), marks that change the writing direction,
 * zero-width spaces, soft hyphens, and tag characters, which can hide instructions. Joiners stay, because some scripts and emoji need them.
 *
 * source: https://www.unicode.org/reports/tr36/ and https://www.unicode.org/charts/PDF/UE0000.pdf
 */
export function withoutInvisible(line: string): string {
  return line
    .toWellFormed()
    .replace(
      /[^\P{Cc}\t]|[\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu,
      '',
    );
}
