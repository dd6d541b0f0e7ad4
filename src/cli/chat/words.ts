/** Splits at spaces, but not inside quotes, as a shell does, and removes the quotes. An unclosed quote extends to the end. */
export function splitWords(text: string): string[] {
  const words = text.matchAll(/(?:"(?<double>(?:\\.|[^"\\])*)(?:"|$)|'(?<single>[^']*)(?:'|$)|(?<plain>[^\s"']+))+/gsu);
  return Array.from(words, ([word]) =>
    word.replaceAll(/"((?:\\.|[^"\\])*)(?:"|$)|'([^']*)(?:'|$)/gsu, (_, double?: string, single?: string) =>
      double === undefined ? (single ?? '') : double.replaceAll(/\\(["\\])/gu, '$1'),
    ),
  );
}
