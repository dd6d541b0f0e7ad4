import { TAGGED_FORMATS } from '../chat-template/thinking-format.js';
import { failureOfTold, broken, type ServerDescription } from '../http/http-failure.js';
import type { StreamPart } from '../http/stream-part.js';
import type { TokenLogprobs } from '../language-model.js';
import { excerpt } from '../../domain/text.js';
import { ModelError } from '../model-error.js';
import { ThoughtSplitter } from '../answer/thought-splitter.js';
import { answerSchema, calledTools, type AnswerChoice, type AnswerChunk } from './answer-schema.js';
import { toldEnd, type ToldEnd } from './end-of-answer.js';
import { messageParts, type MessageParts } from './message-parts.js';
import { toldLogprobs } from './told-logprobs.js';

export interface AnswerPartsOptions {
  readonly wantsLogprobs: boolean;
  /** Whether the answer may begin with thoughts between tags, as the beginning of an answer in a chat may. */
  readonly mayBeTagged: boolean;
  /** Whether the answer continues an earlier one; it may then add nothing. */
  readonly isResumed: boolean;
}

/** Converts the JSON values that a server sends to parts of one answer, and records what the answer contained. */
export class AnswerParts {
  private ended: Exclude<ToldEnd, 'broken'> | undefined;
  private usage: AnswerChunk['usage'];
  private hasText = false;
  private hasThoughts = false;
  private readonly tagged: ThoughtSplitter | undefined;
  private hasCalls = false;
  private readonly tools = new Set<string>();

  constructor(
    private readonly server: ServerDescription,
    private readonly options: AnswerPartsOptions,
  ) {
    this.tagged = options.mayBeTagged ? new ThoughtSplitter(TAGGED_FORMATS) : undefined;
  }

  /** Whether the server has said that the answer is finished. */
  get hasEnded(): boolean {
    return this.ended !== undefined;
  }

  /**
   * Yields the pieces of the first choice. A value that is not an answer, such as a keep-alive message, yields nothing.
   *
   * @throws {ModelError} when the server abandoned the answer; `Model.Unsupported` when log-probabilities were requested and are missing
   */
  *read(value: unknown): Generator<StreamPart> {
    const chunk = answerSchema.safeParse(value).data;
    if (chunk === undefined) return;
    const choice = chunk.choices?.find((one) => (one?.index ?? 0) === 0);
    if (choice) yield* this.readChoice(choice);
    if (chunk.usage) this.usage = chunk.usage;
  }

  /**
   * Called at the end of the stream; yields the reason for the end and the server's counts.
   *
   * @throws {ModelError} `Model.Crashed` when the server did not say that the answer is finished; `Model.OutputRejected` when there is none
   */
  *end(): Generator<StreamPart> {
    if (this.ended === undefined) throw broken(this.server, 'the stream ended before the answer did');
    const { ended, usage } = this;
    if (this.tagged) yield* this.write(this.tagged.end());
    if (ended === 'stop' && !this.hasText && !this.options.isResumed) this.refuseSilence();
    yield { type: 'end', finishReason: ended };
    if (usage) yield usagePart(usage);
  }

  private *readChoice(choice: AnswerChoice): Generator<StreamPart> {
    if (choice.error) throw failureOfTold(this.server, { error: choice.error });
    yield* this.write(this.partsOf(choice), this.logprobsOf(choice));
    for (const tool of calledTools(choice.delta ?? choice.message ?? {})) this.addCall(tool);
    if (/tool|function/iu.test(choice.finish_reason ?? '')) this.hasCalls = true;
    const end = toldEnd(choice.finish_reason);
    if (end === 'broken')
      throw broken(this.server, `the server gave it up ("${excerpt(choice.finish_reason ?? '', 60)}")`);
    this.ended ??= end ?? (choice.message && !choice.delta ? 'stop' : undefined);
  }

  private *write({ thinking, text }: MessageParts, logprobs?: readonly TokenLogprobs[]): Generator<StreamPart> {
    if (thinking !== '') yield { type: 'thinking', text: thinking };
    if (text !== '') yield { type: 'text', text, logprobs };
    this.hasThoughts ||= thinking !== '';
    this.hasText ||= text !== '';
    if (text === '' && thinking === '') return;
    // The answer continues after all.
    this.ended = undefined;
    // Some servers send running counts with the text; a count from before this piece is too low.
    if (this.usage) this.usage = { ...this.usage, completion_tokens: undefined };
  }

  private logprobsOf(choice: AnswerChoice): readonly TokenLogprobs[] | undefined {
    if (!this.options.wantsLogprobs) return undefined;
    const told = toldLogprobs(choice.logprobs);
    if (told !== undefined || this.messageOf(choice).text === '') return told;
    throw new ModelError(
      'Model.Unsupported',
      `The server does not report the probabilities of tokens. Use the same model's GGUF file.`,
    );
  }

  /** Separates thoughts that stand in the text. */
  private partsOf(choice: AnswerChoice): MessageParts {
    const { thinking, text } = this.messageOf(choice);
    if (this.tagged === undefined || text === '') return { thinking, text };
    const split = this.tagged.push(text);
    return { thinking: thinking + split.thinking, text: split.text };
  }

  /** A last piece may repeat the whole message. */
  private messageOf({ delta, message, text }: AnswerChoice): MessageParts {
    const wasWritten = this.hasText || this.hasThoughts;
    const told = messageParts(delta ?? (wasWritten ? {} : (message ?? {})));
    return told.text === '' && told.thinking === '' ? { text: text ?? '', thinking: '' } : told;
  }

  private addCall(tool: string): void {
    this.hasCalls = true;
    if (tool !== '') this.tools.add(tool);
  }

  private refuseSilence(): void {
    const { url, modelId } = this.server;
    if (this.hasCalls) {
      const tools = [...this.tools].map((tool) => `"${tool}"`).join(', ') || 'a tool';
      throw new ModelError(
        'Model.OutputRejected',
        `Model "${modelId}" answered with a call of ${tools} and no text, though ${url} was offered no tools. Ask again, or start the server without tools of its own.`,
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
