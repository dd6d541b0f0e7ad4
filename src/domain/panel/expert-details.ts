import { excerpt } from '../text.js';
import type { ExpertInput } from './expert-question.js';

/** What the Temporal UI shows of one question to one expert, in Markdown. */
export function expertDetails(
  { profile, question, material }: ExpertInput,
  activity: string,
  { text, reason }: { readonly text?: string; readonly reason?: string } = {},
): string {
  const lines = [
    `**${activity}**`,
    '',
    `- Expert: ${escaped(profile.name)}, for ${escaped(excerpt(profile.responsibility, 200))}`,
    `- Model: ${escaped(profile.remoteUrl ?? profile.modelId)}`,
    `- Question: ${escaped(excerpt(question, 300))}`,
  ];
  if (material.length > 0)
    lines.push(`- Given along: ${material.map(({ title }) => escaped(excerpt(title, 80))).join('; ')}`);
  if (reason !== undefined) lines.push('', `**Why**: ${escaped(excerpt(reason, 300))}`);
  if (text !== undefined && text !== '') lines.push('', `**Answer**: ${escaped(excerpt(text, 500))}`);
  return lines.join('\n');
}

function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+!|<>~-]/gu, '\\$&');
}
