import { isText, textOf, type JinjaValue, type TextValue } from './library.js';
import { pythonText } from './python-text.js';

const marked = new WeakSet<JinjaValue>();

/**
 * Text from `safe` or `escape`: any text that is joined to it is escaped for HTML, also in chat templates. @huggingface/jinja does not have
 * such texts.
 */
export function markupOf(text: string): TextValue {
  const markup = textOf(text);
  marked.add(markup);
  return markup;
}

/** Joins the texts, and escapes them if one of them is markup. */
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

/** Escapes text as markupsafe does. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/gu, (character) => ENTITIES[character] ?? character);
}
