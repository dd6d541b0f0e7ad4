import type { ChatMessage, Prompt } from '../language-model.js';

export type ChatPrompt = Extract<Prompt, { type: 'chat' }>;

/** The form of input that a template expects; `openChatTemplate` detects it. */
export interface ConversationShape {
  /** Form of the texts of messages: plain, or as parts of a list. */
  readonly content: 'text' | 'parts';
  /** Value of `tools` when there are none: `none`, as in transformers, or not defined at all, as in llama.cpp. */
  readonly tools: 'none' | 'undefined';
  /** Place of the persona. */
  readonly persona: 'system' | 'first user message';
  /** Consecutive messages of one role are joined into one. */
  readonly joinsRoles: boolean;
  /** Answers without text are left out, because the template refuses them. */
  readonly dropsEmptyAnswers: boolean;
}

export type TemplateMessage = Readonly<Record<string, unknown>>;

/**
 * The variables that transformers' `apply_chat_template` passes for a conversation. The source in `template` decides about fields with
 * names of its own.
 */
export function chatVariables(prompt: ChatPrompt, shape: ConversationShape, template: string): Record<string, unknown> {
  const { thinking } = prompt;
  const without = shape.tools === 'none' ? null : undefined;
  return {
    messages: messagesOf(prompt, shape, template),
    tools: without,
    documents: without,
    add_generation_prompt: true,
    ...(thinking !== undefined && {
      enable_thinking: thinking,
      thinking,
      ...(template.includes('thinking_mode is defined') && { thinking_mode: thinking ? 'enabled' : 'disabled' }),
    }),
  };
}

function messagesOf(
  { persona = '', messages }: ChatPrompt,
  shape: ConversationShape,
  template: string,
): readonly TemplateMessage[] {
  const given: readonly ChatMessage[] = messages.length === 0 ? [{ role: 'user', text: '' }] : messages;
  const spoken = shape.dropsEmptyAnswers ? given.filter(({ role, text }) => role === 'user' || text !== '') : given;
  const isSystem = persona !== '' && shape.persona === 'system';
  const folded = persona !== '' && !isSystem ? withPersona(persona, spoken) : spoken;
  const joined = shape.joinsRoles ? joinRoles(folded) : folded;
  return [
    ...(isSystem ? [{ role: 'system', content: contentOf(persona, shape) }] : []),
    ...joined.map((message) => messageOf(message, shape, template)),
  ];
}

/** Puts the persona at the beginning of the user's first message, as the authors of models without a system role recommend. */
function withPersona(persona: string, messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const [first, ...rest] = messages;
  if (first?.role !== 'user') return [{ role: 'user', text: persona }, ...messages];
  return [{ ...first, text: first.text === '' ? persona : `${persona}\n\n${first.text}` }, ...rest];
}

function joinRoles(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const joined: ChatMessage[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    if (last?.role === message.role) joined.splice(-1, 1, { ...last, text: `${last.text}\n\n${message.text}` });
    else joined.push(message);
  }
  return joined;
}

function messageOf({ role, text, thinking }: ChatMessage, shape: ConversationShape, template: string): TemplateMessage {
  const content = contentOf(text, shape);
  if (role !== 'assistant' || thinking === undefined || thinking === '') return { role, content };
  if (wantsThoughtParts(template))
    return {
      role,
      content: [
        { type: 'thinking', thinking },
        { type: 'text', text },
      ],
    };
  return {
    role,
    content,
    reasoning_content: thinking,
    ...(/\.reasoning\b|['"]reasoning['"]/u.test(template) && { reasoning: thinking }),
    ...(/\.thinking\b|\[['"]thinking['"]\]|['"]thinking['"] in /u.test(template) && { thinking }),
  };
}

/** In Mistral's reasoning models, thoughts are parts of the content. */
function wantsThoughtParts(template: string): boolean {
  return /\btype(?:['"]\])? == ['"]thinking['"]/u.test(template) && !template.includes('reasoning');
}

function contentOf(text: string, { content }: ConversationShape): unknown {
  return content === 'text' ? text : [{ type: 'text', text }];
}
