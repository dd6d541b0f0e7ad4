import { isText, textOf, type JinjaValue, type TextValue } from './library.js';
import { pythonText } from './python-text.js';

const marked = new WeakSet<JinjaValue>();

/**
 * Text that `safe` or `escape` gave: whatever is joined to it is escaped for HTML, in chat templates as well. @huggingface/jinja has no
 * such texts.
 */
export function markupOf(text: string): TextValue {
  const markup = textOf(text);
  marked.add(markup);
  return markup;
}

/** The texts as one, escaped where one of them is markup. */
export function joinTexts(values: readonly JinjaValue[]): TextValue {
  if (!values.some((value) => marked.has(value))) return textOf(values.map(pythonText).join(''));
  return markupOf(
    values.map((value) => (marked.has(value) && isText(value) ? value.value : escaped(pythonText(value)))).join(''),
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

/** As markupsafe escapes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/gu, (character) => ENTITIES[character] ?? character);
}
