import { defuseMarks, USUAL_MARKS } from '../http/defuse-marks.js';
import type { Prompt } from '../language-model.js';

export interface ChatCompletionMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export type PromptBody = { readonly messages: readonly ChatCompletionMessage[] } | { readonly prompt: string };

/** The prompt as the interface takes it. Only the persona is ever a system message; marks of chat templates in texts are broken. */
export function promptBody(prompt: Prompt): PromptBody {
  if (prompt.type === 'text') return { prompt: defuse(prompt.text) };
  return {
    messages: [
      ...(prompt.persona ? [{ role: 'system' as const, content: defuse(prompt.persona) }] : []),
      ...prompt.messages.map(({ role, text }) => ({ role, content: defuse(text) })),
    ],
  };
}

/** The same with the answer so far at its end. */
export function continuedBody(body: PromptBody, answer: string): PromptBody {
  if ('prompt' in body) return { prompt: body.prompt + defuse(answer) };
  return { messages: [...body.messages, { role: 'assistant', content: defuse(answer) }] };
}

function defuse(text: string): string {
  return defuseMarks(text, USUAL_MARKS);
}
