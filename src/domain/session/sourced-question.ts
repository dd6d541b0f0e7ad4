import { shownName } from '../knowledge/document-name.js';
import { nameSources, sourceSettingsSchema, wantsSources } from '../answer/answer-sources.js';
import type { SourceSettings } from '../answer/answer-sources.js';
import type { SourcedAnswer } from '../answer/citations.js';
import type { FinishReason, Usage } from './conversation.js';
import { decodingSchema } from '../decoding.js';
import type { Decoding } from '../decoding.js';
import { faultOf, object, optional, refined, textBy } from '../schema.js';
import type { Schema } from '../schema.js';
import { faultOfSessionId } from './session-id.js';
import { excerpt } from '../text.js';
import { escapeMarkdown } from '../escape-markdown.js';
import { messageTextSchema, personaSchema } from './user-message.js';
import { modelIdSchema, outputTokensSchema, secondsSchema, userIdSchema } from '../value-schemas.js';

/** Input of `answerWithSourcesWorkflow`: one question, without a conversation. */
export interface SourcedQuestion {
  /** Id of the answer in the stream; its message there is `answer`. */
  readonly answerId: string;
  readonly question: string;
  readonly modelId: string;
  readonly sources: SourceSettings;
  readonly persona?: string;
  readonly userId?: string;
  readonly decoding?: Decoding;
  /** Default: `DEFAULT_MAX_OUTPUT_TOKENS`. */
  readonly maxOutputTokens?: number;
  /** Time limit for the whole question. Default: unlimited. */
  readonly timeoutSeconds?: number;
}

export interface SourcedResult extends SourcedAnswer {
  readonly answerId: string;
  readonly modelId: string;
  readonly keywords: readonly string[];
  readonly finishReason: FinishReason;
  readonly usage: Usage;
}

export const SOURCED_MESSAGE_ID = 'answer';

export const sourcedQuestionSchema: Schema<SourcedQuestion> = refined(
  object<SourcedQuestion>({
    answerId: textBy(faultOfSessionId),
    question: messageTextSchema,
    modelId: modelIdSchema,
    sources: sourceSettingsSchema,
    persona: optional(personaSchema),
    userId: optional(userIdSchema),
    decoding: optional(decodingSchema),
    maxOutputTokens: optional(outputTokensSchema),
    timeoutSeconds: optional(secondsSchema),
  }),
  ({ sources }) => (wantsSources(sources) ? [] : ['Say where to look: knowledge bases, the web, or both.']),
);

/** The fault of a question, or undefined if it is valid. */
export function faultOfQuestion(given: unknown): string | undefined {
  return faultOf(sourcedQuestionSchema, given);
}

/** Details of a question for the Temporal UI, in Markdown. */
export function questionDetails(
  { question, sources }: SourcedQuestion,
  state: string,
  { about, answer }: { readonly about?: string; readonly answer?: SourcedAnswer } = {},
): string {
  const lines = [
    `**${state}**${about === undefined || about === '' ? '' : `: ${escaped(about)}`}`,
    '',
    `- Question: ${escaped(question)}`,
    `- Sources: ${escaped(nameSources(sources))}`,
  ];
  if (answer === undefined) return lines.join('\n');
  lines.push(
    '',
    `**Answer** (${answer.grounded ? 'grounded' : `not grounded: ${answer.notice}`}): ${escaped(answer.text)}`,
  );
  for (const { number, title, uri, name, start, end } of answer.citations) {
    lines.push(
      '',
      `\\[${number}\\] ${escaped(title)}, ${escaped(shownName({ name, uri }))}, characters ${start}–${end}`,
    );
  }
  for (const { source, reason } of answer.failures) lines.push('', `${escaped(source)} failed: ${escaped(reason)}`);
  return lines.join('\n');
}

function escaped(text: string): string {
  return escapeMarkdown(excerpt(text, 300));
}
