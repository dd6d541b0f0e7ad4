import { shownName } from '../knowledge/document-name.js';
import type { AnswerSources } from '../answer/answer-sources.js';
import type { Turn } from './conversation.js';
import type { SessionSettings } from './session-settings.js';

/** A whole session as JSON: a tree of turns, each of which refers to its predecessor. */
export interface ExportedSession {
  readonly format: 'colloquy-session/1';
  readonly sessionId: string;
  readonly settings?: SessionSettings;
  /** Last turn of the current branch; 0 if there is none. */
  readonly head: number;
  /** By number. */
  readonly turns: readonly Omit<Turn, 'hashBefore'>[];
}

export function exportSession({
  turns,
  ...rest
}: Omit<ExportedSession, 'format' | 'turns'> & { readonly turns: readonly Turn[] }): ExportedSession {
  return { format: 'colloquy-session/1', ...rest, turns: turns.map((turn) => ({ ...turn, hashBefore: undefined })) };
}

/** The current branch for people. Messages are quoted, so that no markup in them can imitate the transcript's own. */
export function sessionMarkdown({ sessionId, settings, head, turns }: ExportedSession): string {
  const byNumber = new Map(turns.map((turn) => [turn.turn, turn]));
  const path: Omit<Turn, 'hashBefore'>[] = [];
  for (let turn = byNumber.get(head); turn !== undefined; turn = byNumber.get(turn.parent)) path.unshift(turn);
  const parts = path.map(({ turn, text, sentAt, answer, failure }) => [
    `## Turn ${turn}`,
    `**User**, ${sentAt}:`,
    quote(text),
    ...(answer
      ? [
          ...(answer.thinking === undefined ? [] : ['**Thoughts**:', quote(answer.thinking)]),
          `**Assistant** (${answer.modelId}, ${answer.finishReason}):`,
          quote(answer.text),
          ...sourceLines(answer.sources),
        ]
      : []),
    ...(failure?.partial?.thinking ? ['**Thoughts**:', quote(failure.partial.thinking)] : []),
    ...(failure?.partial?.text ? ['**Assistant**, broken off:', quote(failure.partial.text)] : []),
    ...(failure ? [`**Failed** (${failure.type}):`, quote(failure.message)] : []),
  ]);
  const others = turns.length - path.length;
  return [
    `# Session ${sessionId}`,
    ...(settings?.persona === undefined ? [] : ['**Persona**:', quote(settings.persona)]),
    ...(others > 0 ? [`${others} more turns are on other branches; the JSON export has them.`] : []),
    ...parts.flat(),
  ].join('\n\n');
}

function sourceLines(sources: AnswerSources | undefined): string[] {
  if (sources === undefined) return [];
  const { grounded, notice, citations, failures } = sources;
  const lines = [
    ...citations.map(({ number, title, headings, uri, name, page, start, end }) => {
      const where = [...(page === undefined ? [] : [`page ${page}`]), `characters ${start}–${end}`].join(', ');
      return `[${number}] ${[title, ...headings].join(' › ')}, ${shownName({ name, uri })} (${where})`;
    }),
    ...failures.map(({ source, reason }) => `${source} failed: ${reason}`),
  ];
  const title = grounded ? '**Sources**:' : `**Sources**: ${notice ?? 'none'}; the answer is not grounded.`;
  return [title, ...(lines.length > 0 ? [quote(lines.join('\n\n'))] : [])];
}

function quote(text: string): string {
  // A Markdown quotation does not neutralise raw HTML.
  const inert = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  return inert
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');
}
