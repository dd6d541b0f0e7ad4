import { failureOfTold, broken, type ServerDescription } from '../http/http-failure.js';
import type { StreamPart } from '../http/streamed-answer.js';
import { excerpt } from '../../domain/text.js';
import { ModelError } from '../model-error.js';
import { answerSchema, calledTools, type AnswerChoice, type AnswerChunk } from './answer-schema.js';
import { toldEnd, type ToldEnd } from './end-of-answer.js';
import { messageParts } from './message-parts.js';
import { toldLogprobs } from './told-logprobs.js';

export interface AnswerPartsOptions {
  readonly wantsLogprobs: boolean;
  readonly isResumed: boolean;
}

/** Turns the JSON that a server sends, value by value, into parts of one answer, and knows what there was of it. */
export class AnswerParts {
  private ended: Exclude<ToldEnd, 'broken'> | undefined;
  private usage: AnswerChunk['usage'];
  private hasText = false;
  private hasThoughts = false;
  private hasCalls = false;
  private readonly tools = new Set<string>();

  constructor(
    private readonly server: ServerDescription,
    private readonly options: AnswerPartsOptions,
  ) {}

  /** Whether the server has said that the answer is finished. */
  get hasEnded(): boolean {
    return this.ended !== undefined;
  }

  /**
   * Pieces of the first choice. A value that is not an answer, such as a sign of life, gives nothing.
   *
   * @throws {ModelError} when the server gave the answer up; `Model.Unsupported` when log-probabilities were asked for and are not told
   */
  *read(value: unknown): Generator<StreamPart> {
    const chunk = answerSchema.safeParse(value).data;
    if (chunk === undefined) return;
    const choice = chunk.choices?.find((one) => (one?.index ?? 0) === 0);
    if (choice) yield* this.readChoice(choice);
    if (chunk.usage) this.usage = chunk.usage;
  }

  /**
   * At the end of the stream: why the answer ended, and what the server counted.
   *
   * @throws {ModelError} `Model.Crashed` when the server did not say that the answer is finished; `Model.OutputRejected` when there is none
   */
  *end(): Generator<StreamPart> {
    if (this.ended === undefined) throw broken(this.server, 'the stream ended before the answer did');
    if (this.ended === 'stop' && !this.hasText && !this.options.isResumed) this.refuseSilence();
    yield { type: 'end', finishReason: this.ended };
    if (this.usage) yield usagePart(this.usage);
  }

  private *readChoice(choice: AnswerChoice): Generator<StreamPart> {
    if (choice.error) throw failureOfTold(this.server, { error: choice.error });
    const { text, thinking } = this.partsOf(choice);
    const logprobs = this.options.wantsLogprobs ? toldLogprobs(choice.logprobs) : undefined;
    if (this.options.wantsLogprobs && text !== '' && logprobs === undefined) {
      throw new ModelError(
        'Model.Unsupported',
        `The server does not tell tokens' probabilities. Use the same model's GGUF file.`,
      );
    }
    for (const tool of calledTools(choice.delta ?? choice.message ?? {})) this.addCall(tool);
    if (/tool|function/iu.test(choice.finish_reason ?? '')) this.hasCalls = true;
    if (thinking !== '') yield { type: 'thinking', text: thinking };
    if (text !== '') yield { type: 'text', text, logprobs };
    this.hasThoughts ||= thinking !== '';
    this.hasText ||= text !== '';
    // The answer goes on after all.
    if (text !== '' || thinking !== '') {
      this.ended = undefined;
      // Some servers count along with the text; what they counted before this piece is too little.
      if (this.usage) this.usage = { ...this.usage, completion_tokens: undefined };
    }
    const end = toldEnd(choice.finish_reason);
    if (end === 'broken')
      throw broken(this.server, `the server gave it up ("${excerpt(choice.finish_reason ?? '', 60)}")`);
    this.ended ??= end ?? (choice.message && !choice.delta ? 'stop' : undefined);
  }

  /** A last piece may say the whole message again. */
  private partsOf({ delta, message, text }: AnswerChoice): { readonly text: string; readonly thinking: string } {
    const wasWritten = this.hasText || this.hasThoughts;
    const told = messageParts(delta ?? (wasWritten ? {} : (message ?? {})));
    return told.text === '' && told.thinking === '' ? { text: text ?? '', thinking: '' } : told;
  }

  private addCall(tool: string): void {
    this.hasCalls = true;
    if (tool !== '') this.tools.add(tool);
  }

  private refuseSilence(): void {
    const { name, url, modelId } = this.server;
    if (this.hasCalls) {
      const tools = [...this.tools].map((tool) => `"${tool}"`).join(', ') || 'a tool';
      throw new ModelError(
        'Model.OutputRejected',
        `Model "${modelId}" answered with a call of ${tools} and no text, though no tools were offered to ${name} at ${url}. Ask again, or start the server without tools of its own.`,
        { details: { tools: [...this.tools] } },
      );
    }
    if (!this.hasThoughts) return;
    throw new ModelError(
      'Model.OutputRejected',
      `Model "${modelId}" at ${url} ended after its thoughts, without an answer. Ask again, or switch its thinking off.`,
    );
  }
}

function usagePart({
  prompt_tokens,
  completion_tokens,
  prompt_tokens_details,
}: NonNullable<AnswerChunk['usage']>): StreamPart {
  return {
    type: 'usage',
    inputTokens: prompt_tokens ?? undefined,
    outputTokens: completion_tokens ?? undefined,
    cachedInputTokens: prompt_tokens_details?.cached_tokens ?? undefined,
  };
}
