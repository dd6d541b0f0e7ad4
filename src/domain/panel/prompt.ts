import { cutText, excerpt } from '../text.js';

/** A prompt of a step of a panel, in parts, so that the texts of others can be shortened to the model's window, and nothing else. */
export interface PanelPrompt {
  /** Rendered in the system role; never shortened. */
  readonly persona: string;
  /** Texts of others, as data. */
  readonly material: readonly Material[];
  /** The question; never shortened. */
  readonly question: string;
  /** The model's own answer to the question, unchanged, and the next question. Everything before is then read from the model's cache. */
  readonly answered?: { readonly text: string; readonly next: string };
}

export interface Material {
  readonly title: string;
  readonly text: string;
}

/** The messages after the first one; `renderPrompt` returns that one. */
export function laterMessages({
  answered,
}: PanelPrompt): { readonly role: 'user' | 'assistant'; readonly text: string }[] {
  if (answered === undefined) return [];
  return [
    { role: 'assistant', text: answered.text },
    { role: 'user', text: answered.next },
  ];
}

/** The first user message of a prompt. Lines of others begin with `| `, and no other line does, so they cannot imitate the panel's own words. */
export function renderPrompt({ material, question }: PanelPrompt, maxCharacters = Number.POSITIVE_INFINITY): string {
  const parts = material.map(({ title, text }) => {
    const shown = text.length <= maxCharacters ? text : `${cutText(text, maxCharacters)} […]`;
    const lines = shown.toWellFormed().split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/u);
    return [`${excerpt(title, 200)}:`, ...lines.map((line) => `| ${line}`)].join('\n');
  });
  return [...parts, question].join('\n\n');
}

/** Length of the longest text of others in characters; 0 if there is none. */
export function longestMaterial({ material }: PanelPrompt): number {
  return material.reduce((most, { text }) => Math.max(most, text.length), 0);
}
