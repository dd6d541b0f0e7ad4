import { escapeMarkdown } from '../escape-markdown.js';
import { cutText, excerpt } from '../text.js';
import type { PanelStatus, QuestionStatus } from './status.js';

const ACTIVITIES: Readonly<Record<PanelStatus['activity'], string>> = {
  planning: 'Planning who is asked what',
  asking: 'Asking experts',
  judging: 'Judging the answers',
  choosing: 'Choosing an answer',
  synthesising: 'Integrating the answers',
  'awaiting-person': 'Waiting for a person',
  ended: 'Ended',
};

const MARKS: Readonly<Record<QuestionStatus['state'], string>> = {
  waiting: '·',
  asking: '▸',
  answered: '✓',
  declined: '↩',
  failed: '✗',
  late: '⌛',
  cancelled: '✗',
  skipped: '–',
};

/** A panel as a tree of lines: its activity, rounds, experts, questions, states, tokens, seconds. @param now ISO 8601 */
export function panelTree(status: PanelStatus, now: string, width = 100): string[] {
  const { tokens, questions, limits } = status;
  const budget = tokens.budget === undefined ? '' : ` of ${tokens.budget}`;
  const lines = [
    `${ACTIVITIES[status.activity]} · round ${status.round} of at most ${limits.rounds} · ${tokens.spent}${budget} tokens · ${seconds(status.startedAt, now)}`,
  ];
  const rounds = [...new Set(questions.map(({ round }) => round))];
  for (const round of rounds) {
    const inRound = questions.filter((question) => question.round === round);
    lines.push(`├─ round ${round}`);
    inRound.forEach((question, index) => {
      lines.push(excerptLine(`│  ${index === inRound.length - 1 ? '└─' : '├─'} ${questionLine(question, now)}`, width));
    });
  }
  for (const { callId, expert, tool } of status.waitingCalls) {
    lines.push(excerptLine(`├─ ${expert} wants to call ${tool} and waits for approval (${callId})`, width));
  }
  if (status.review)
    lines.push(
      excerptLine(
        `├─ ${status.review.kind} waits for a person (${status.review.reviewId}): ${status.review.text}`,
        width,
      ),
    );
  return lines;
}

/** The same in Markdown, for the Temporal UI. */
export function panelDetails(status: PanelStatus): string {
  const { tokens, questions, review, waitingCalls } = status;
  const budget = tokens.budget === undefined ? '' : ` of ${tokens.budget}`;
  const lines = [
    `**${ACTIVITIES[status.activity]}**`,
    '',
    `- Task: ${escapeMarkdown(excerpt(status.task, 300))}`,
    `- Way: ${status.way}, round ${status.round} of at most ${status.limits.rounds}`,
    `- Tokens: ${tokens.spent}${budget}`,
    `- Deadline: ${status.deadline}`,
  ];
  for (const round of new Set(questions.map((question) => question.round))) {
    lines.push('', `**Round ${round}**`, '');
    for (const question of questions.filter((each) => each.round === round)) {
      const { questionId, expert, state, confidence, reason } = question;
      const more = [
        state,
        confidence && `confidence ${confidence}`,
        question.tokens && `${question.tokens} tokens`,
      ].filter(Boolean);
      lines.push(
        `- ${questionId} **${escapeMarkdown(expert)}** (${more.join(', ')}): ${escapeMarkdown(question.question)}` +
          (reason === undefined ? '' : ` → ${escapeMarkdown(reason)}`),
      );
    }
  }
  for (const { callId, expert, tool } of waitingCalls) {
    lines.push(
      '',
      `**Waits for approval** (${callId}): ${escapeMarkdown(expert)} wants to call ${escapeMarkdown(tool)}`,
    );
  }
  if (review)
    lines.push(
      '',
      `**Waits for a person** (${review.kind}, ${review.reviewId}): ${escapeMarkdown(excerpt(review.text, 500))}`,
    );
  return lines.join('\n');
}

function questionLine(question: QuestionStatus, now: string): string {
  const { state, expert, confidence, reason, startedAt, endedAt, tokens, after } = question;
  const facts = [
    state,
    ...(after.length > 0 && state === 'waiting' ? [`after ${after.join(', ')}`] : []),
    ...(confidence === undefined ? [] : [`confidence ${confidence}`]),
    ...(tokens === undefined ? [] : [`${tokens} tokens`]),
    ...(startedAt === undefined ? [] : [seconds(startedAt, endedAt ?? now)]),
  ];
  return `${MARKS[state]} ${expert} (${facts.join(', ')}): ${reason ?? question.question}`;
}

function seconds(from: string, to: string): string {
  return `${Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000).toFixed(1)} s`;
}

function excerptLine(line: string, width: number): string {
  return line.length <= width ? line : `${cutText(line, width - 1)}…`;
}
