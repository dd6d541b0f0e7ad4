import { escapeMarkdown } from '../escape-markdown.js';
import { excerpt } from '../text.js';
import type { ExpertInput } from './expert-question.js';

/** Details of one question to one expert for the Temporal UI, in Markdown. */
export function expertDetails(
  { profile, question, material }: ExpertInput,
  activity: string,
  { text, reason }: { readonly text?: string; readonly reason?: string } = {},
): string {
  const lines = [
    `**${activity}**`,
    '',
    `- Expert: ${escapeMarkdown(profile.name)}, for ${escapeMarkdown(excerpt(profile.responsibility, 200))}`,
    `- Model: ${escapeMarkdown(profile.remoteUrl ?? profile.modelId)}`,
    `- Question: ${escapeMarkdown(excerpt(question, 300))}`,
  ];
  if (material.length > 0)
    lines.push(`- Given along: ${material.map(({ title }) => escapeMarkdown(excerpt(title, 80))).join('; ')}`);
  if (reason !== undefined) lines.push('', `**Why**: ${escapeMarkdown(excerpt(reason, 300))}`);
  if (text !== undefined && text !== '') lines.push('', `**Answer**: ${escapeMarkdown(excerpt(text, 500))}`);
  return lines.join('\n');
}
