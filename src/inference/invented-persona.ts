export interface TemplateOpening {
  /** What the template writes before the first user text when no system message is given. */
  readonly withoutSystem: string;
  /** What it writes before and after the text of a system message, up to the first user text. */
  readonly beforeSystem: string;
  readonly afterSystem: string;
  /** Spellings of the tokens that end a turn. */
  readonly endMarks: readonly string[];
}

/**
 * The opening of a prompt without a persona that the template made up; undefined when it made up none.
 *
 * Some templates introduce the model by themselves ("You are a helpful AI assistant named SmolLM, trained by Hugging Face")
 * when there is no system message. That is a persona nobody asked for, and the smallest models answer worse with it. What a
 * template writes in any case (Llama 3.1's dates) stays.
 */
export function openingWithoutInventedPersona(opening: TemplateOpening): string | undefined {
  const { withoutSystem, beforeSystem, afterSystem, endMarks } = opening;
  if (beforeSystem === '' || !withoutSystem.startsWith(beforeSystem) || !withoutSystem.endsWith(afterSystem))
    return undefined;
  const invented = withoutSystem.slice(beforeSystem.length, withoutSystem.length - afterSystem.length);
  if (invented.trim() === '') return undefined;
  const ends = endMarks.flatMap((mark) => {
    const at = mark === '' ? -1 : afterSystem.indexOf(mark);
    return at < 0 ? [] : [at + mark.length];
  });
  if (ends.length === 0) return undefined;
  return afterSystem.slice(Math.min(...ends)).trimStart();
}
