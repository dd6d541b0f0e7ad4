import { promptThinking, type PromptThinking } from '../chat-template/thinking-format.js';
import { defuseMarks, marksOf } from '../http/defuse-marks.js';
import type { Checkpoint, Prompt } from '../language-model.js';
import { ModelError } from '../model-error.js';
import type { ChatFormat } from './chat-format.js';
import type { OllamaVocabulary } from './ollama-vocabulary.js';
import { answerSoFar, closedThoughts } from './split-thoughts.js';

/** A prompt that is sent raw. */
export interface RawPrompt {
  readonly text: string;
  /** Marks of the thoughts that the answer may begin with. */
  readonly thinking?: PromptThinking;
  /** Whether the answer may contain thoughts. */
  readonly isChat: boolean;
}

/** Builds prompts that are sent raw. If user text contains marks of the template, an invisible character breaks them. */
export class RawPrompts {
  private readonly marks: RegExp;

  constructor(
    private readonly format: ChatFormat | ModelError,
    private readonly vocabulary: OllamaVocabulary,
  ) {
    this.marks = marksOf(vocabulary.specialTexts);
  }

  /** @throws {ModelError} `Model.Unsupported` when the model cannot chat, or its template refuses this conversation */
  render(prompt: Prompt): RawPrompt {
    const { format, vocabulary } = this;
    // Ollama interprets an empty prompt as a request to load the model.
    if (prompt.type === 'text') return { text: this.plain(prompt.text) || vocabulary.beginText, isChat: false };
    if (format instanceof ModelError) throw format;
    if (format.type === 'server') throw new TypeError('the server makes this prompt');
    const text = format.render({
      ...prompt,
      ...(prompt.persona !== undefined && { persona: this.plain(prompt.persona) }),
      messages: prompt.messages.map((message) => ({
        ...message,
        text: this.plain(message.text),
        ...(message.thinking !== undefined && { thinking: this.plain(message.thinking) }),
      })),
    });
    if (format.thinking === undefined) return { text, isChat: true };
    const thinking = promptThinking(format.thinking, text);
    // Some templates open a thought even if thinking is off.
    if (!thinking.isOpen || prompt.thinking !== false) return { text, isChat: true, thinking };
    return { text: `${text}\n${thinking.close}\n\n`, isChat: true, thinking: { ...thinking, isOpen: false } };
  }

  /** Completed thoughts, in the form that precedes the answer. */
  closed(thoughts: string, format: PromptThinking | undefined): string {
    return closedThoughts(this.plain(thoughts), format);
  }

  /** The text with every mark of the vocabulary broken. */
  plain(text: string): string {
    return defuseMarks(text, this.marks);
  }

  /** An answer so far, in the form that follows its prompt. */
  begun({ text, thinking }: Checkpoint, format: PromptThinking | undefined): string {
    const plain = { text: this.plain(text), ...(thinking !== undefined && { thinking: this.plain(thinking) }) };
    return answerSoFar(plain, format);
  }
}
