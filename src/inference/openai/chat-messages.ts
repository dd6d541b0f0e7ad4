import type { ChatMessage, Prompt } from '../language-model.js';
import type { ServerTraits, ThoughtsField } from './server-kind.js';

export interface ChatCompletionMessage extends Readonly<Partial<Record<ThoughtsField, string>>> {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** The fields of a request that contain the prompt and the template's settings for thinking. */
export type PromptBody = { readonly messages: readonly ChatCompletionMessage[] } | { readonly prompt: string };

/** How the kind of server and its marks affect texts. */
export interface PromptOptions {
  readonly traits: Pick<ServerTraits, 'thinking' | 'thoughts'>;
  /** Breaks marks of chat templates in a text. */
  readonly defuse: (text: string) => string;
}

/** The prompt in the form of the interface. Only the persona is ever a system message; marks of chat templates in texts are broken. */
export function promptBody(prompt: Prompt, { traits, defuse }: PromptOptions): PromptBody {
  if (prompt.type === 'text') return { prompt: defuse(prompt.text) };
  const asMessage = ({ role, text, thinking }: ChatMessage): ChatCompletionMessage => ({
    role,
    content: defuse(text),
    ...(role === 'assistant' && thoughtsOf(thinking, { traits, defuse })),
  });
  return {
    ...(prompt.thinking !== undefined && traits.thinking(prompt.thinking)),
    messages: [
      ...(prompt.persona ? [{ role: 'system' as const, content: defuse(prompt.persona) }] : []),
      ...prompt.messages.map((message) => asMessage(message)),
    ],
  };
}

/** The same with the answer so far at its end. */
export function continuedBody(
  body: PromptBody,
  { text, thinking }: Pick<ChatMessage, 'text' | 'thinking'>,
  { traits, defuse }: PromptOptions,
): PromptBody {
  if ('prompt' in body) return { prompt: body.prompt + defuse(text) };
  const content = defuse(text);
  const message = { role: 'assistant' as const, content, ...thoughtsOf(thinking, { traits, defuse }) };
  return { ...body, messages: [...body.messages, message] };
}

function thoughtsOf(
  thinking: string | undefined,
  { traits, defuse }: PromptOptions,
): Partial<Record<ThoughtsField, string>> {
  if (thinking === undefined || thinking === '') return {};
  return Object.fromEntries(traits.thoughts.map((field) => [field, defuse(thinking)]));
}
