import { excerpt } from '../text.js';
import type { PanelOutcome, PanelResult } from './result.js';

const OUTCOMES: Readonly<Record<PanelOutcome, string>> = {
  complete: 'complete',
  deadline: 'its time ran out; this is the best there was by then',
  budget: 'its tokens ran out; this is the best there was by then',
  cancelled: 'it was stopped; this is the best there was by then',
  'no-answers': 'no expert answered',
};

/** A result for people, in Markdown: the conclusion, the contributions, the disagreements, and the missing experts. */
export function renderResult(result: PanelResult): string {
  const { conclusion, conclusionBy, contributions, disagreements, absent, tokens, outcome } = result;
  const parts = [`# ${escaped(excerpt(result.task, 120))}`];
  if (conclusion !== '') parts.push(conclusion.trim());
  if (conclusionBy !== undefined) parts.push(`*Written by ${escaped(conclusionBy)}.*`);
  if (contributions.length > 0) parts.push('## Who said what');
  for (const { expert, question, text, confidence, sources, documents = [], round } of contributions) {
    parts.push(
      `### ${escaped(expert)}${result.rounds > 1 ? `, round ${round}` : ''}`,
      quoted(question),
      text.trim(),
      `*Confidence: ${confidence}.${sources.length === 0 ? '' : ` Sources, as the expert names them: ${sources.map(escaped).join('; ')}.`}${documents.length === 0 ? '' : ` Given from its knowledge bases: ${documents.map(escaped).join('; ')}.`}*`,
    );
  }
  if (disagreements.length > 0) {
    parts.push(
      '## Where they disagree',
      disagreements
        .map(({ between, about }) => `- **${between.map(escaped).join(' and ')}**: ${escaped(about)}`)
        .join('\n'),
    );
  }
  if (absent.length > 0) {
    const lines = absent.map(
      ({ expert, state, reason, question }) =>
        `- **${escaped(expert)}** (${state}): ${escaped(excerpt(reason, 300))}` +
        (question === undefined ? '' : ` It was asked: ${escaped(excerpt(question, 200))}`),
    );
    parts.push('## Who did not answer', lines.join('\n'));
  }
  if (result.notes.length > 0) parts.push('## Notes', result.notes.map((note) => `- ${escaped(note)}`).join('\n'));
  const budget = tokens.budget === undefined ? '' : ` of ${tokens.budget}`;
  parts.push(
    `*Panel ${result.panelId}, by way of ${result.way}: ${OUTCOMES[outcome]}. ` +
      `${result.rounds} ${result.rounds === 1 ? 'round' : 'rounds'}, ${tokens.spent}${budget} tokens, ${result.seconds.toFixed(1)} s.*`,
  );
  return `${parts.join('\n\n')}\n`;
}

function quoted(text: string): string {
  return text
    .split(/\r?\n/u)
    .map((line) => `> ${escaped(line)}`)
    .join('\n');
}

function escaped(text: string): string {
  return text.replace(/[\\`*_[\]#|<>~]/gu, '\\$&');
}
