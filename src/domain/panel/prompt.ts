import { cutText, excerpt } from '../text.js';

/** A prompt of a step of a panel, in parts, so that whoever knows the model's window can shorten what others wrote and nothing else. */
export interface PanelPrompt {
  /** Rendered as the system's; whole. */
  readonly persona: string;
  /** Texts of others, as data. */
  readonly material: readonly Material[];
  /** What is asked; whole. */
  readonly question: string;
  /** What the model answered to that, as it wrote it, and what it is asked next. What came before is then read from its cache. */
  readonly answered?: { readonly text: string; readonly next: string };
}

export interface Material {
  readonly title: string;
  readonly text: string;
}

/** The messages after the first one, which `renderPrompt` gives. */
export function laterMessages({
  answered,
}: PanelPrompt): { readonly role: 'user' | 'assistant'; readonly text: string }[] {
  if (answered === undefined) return [];
  return [
    { role: 'assistant', text: answered.text },
    { role: 'user', text: answered.next },
  ];
}

/** The user's first message of a prompt. Lines of others begin with `| `, and no other does: they cannot pass for the panel's own words. */
export function renderPrompt({ material, question }: PanelPrompt, maxCharacters = Number.POSITIVE_INFINITY): string {
  const parts = material.map(({ title, text }) => {
    const shown = text.length <= maxCharacters ? text : `${cutText(text, maxCharacters)} […]`;
    const lines = shown.toWellFormed().split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/u);
    return [`${excerpt(title, 200)}:`, ...lines.map((line) => `| ${line}`)].join('\n');
  });
  return [...parts, question].join('\n\n');
}

/** Characters of the longest text of others; 0 when there is none. */
export function longestMaterial({ material }: PanelPrompt): number {
  return material.reduce((most, { text }) => Math.max(most, text.length), 0);
}
