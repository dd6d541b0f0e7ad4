/** Splits like a shell: at spaces, but not within quotes, which are left out. A quote that is not closed goes to the end. */
export function splitWords(text: string): string[] {
  const words = text.matchAll(/(?:"(?<double>(?:\\.|[^"\\])*)(?:"|$)|'(?<single>[^']*)(?:'|$)|(?<plain>[^\s"']+))+/gsu);
  return Array.from(words, ([word]) =>
    word.replaceAll(/"((?:\\.|[^"\\])*)(?:"|$)|'([^']*)(?:'|$)/gsu, (_, double?: string, single?: string) =>
      double === undefined ? (single ?? '') : double.replaceAll(/\\(["\\])/gu, '$1'),
    ),
  );
}
