import { cutAfterResponse } from './cut-template.js';
import { renderGoTemplate } from './go-template-rendering.js';
import { parseGoTemplate, type Node } from './go-template-syntax.js';
import { namesOf, refuseUnknownNames } from './template-names.js';

export interface TemplateMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
  /** The model's thoughts before this answer. */
  readonly thinking?: string;
}

export interface TemplateSettings {
  /** Whether the model should think. Default: the template is not told. */
  readonly think?: boolean;
}

export interface ChatTemplate {
  /**
   * Renders the prompt up to the beginning of the model's answer, as Ollama does. Consecutive messages of one role are joined.
   *
   * @throws {TemplateSyntaxError} when it reaches an unsupported construct
   */
  render(messages: readonly TemplateMessage[], settings?: TemplateSettings): string;
}

/**
 * A chat template of Ollama: a Go template over `.System` and `.Messages`, or, of the older kind, over `.System`, `.Prompt` and
 * `.Response`, rendered once per turn.
 *
 * source: https://github.com/ollama/ollama/blob/v0.17.4/template/template.go
 *
 * @throws {TemplateSyntaxError} also for unknown functions and variables, wherever they occur
 */
export function parseChatTemplate(source: string): ChatTemplate {
  const nodes = parseGoTemplate(source);
  const names = namesOf(nodes);
  refuseUnknownNames(names);
  const has = (field: string): boolean => names.fields.has(field);
  if (has('Messages')) return { render: (...given) => renderMessages(nodes, ...given) };
  const turns: Node[] = has('Response') ? nodes : [...nodes, RESPONSE];
  return { render: (messages, settings) => renderTurns(turns, collate(messages), settings) };
}

/** Ollama appends this to templates that do not say where the answer goes. */
const RESPONSE: Node = { type: 'action', pipe: { commands: [[{ type: 'path', fields: ['Response'] }]] } };

function renderMessages(
  nodes: readonly Node[],
  messages: readonly TemplateMessage[],
  settings: TemplateSettings = {},
): string {
  return renderGoTemplate(nodes, {
    System: systemOf(messages),
    Messages: collate(messages).map(({ role, content, thinking = '' }) => ({
      Role: role,
      Content: content,
      Thinking: thinking,
      Images: [],
      ToolCalls: [],
      ToolName: '',
      ToolCallID: '',
    })),
    Tools: [],
    Response: '',
    ...thinkValues(settings),
  });
}

function thinkValues({ think }: TemplateSettings): Readonly<Record<string, unknown>> {
  return { Think: think ?? false, ThinkLevel: '', IsThinkSet: think !== undefined };
}

function systemOf(messages: readonly TemplateMessage[]): string {
  return messages.flatMap(({ role, content }) => (role === 'system' ? [content] : [])).join('\n\n');
}

function collate(messages: readonly TemplateMessage[]): TemplateMessage[] {
  return messages.reduce<TemplateMessage[]>((collated, message) => {
    const last = collated.at(-1);
    if (last?.role !== message.role) return [...collated, message];
    return [...collated.slice(0, -1), { ...last, content: `${last.content}\n\n${message.content}` }];
  }, []);
}

function renderTurns(
  nodes: readonly Node[],
  messages: readonly TemplateMessage[],
  settings: TemplateSettings = {},
): string {
  let written = '';
  let turn = { System: '', Prompt: '', Response: '' };
  const flush = (): void => {
    written += renderGoTemplate(nodes, { ...turn, ...thinkValues(settings) });
    turn = { System: '', Prompt: '', Response: '' };
  };
  for (const { role, content } of messages) {
    if (role === 'system') {
      if (turn.Prompt !== '' || turn.Response !== '') flush();
      turn.System = content;
    } else if (role === 'user') {
      if (turn.Response !== '') flush();
      turn.Prompt = content;
    } else {
      turn.Response = content;
    }
  }
  return written + renderGoTemplate(cutAfterResponse(nodes), { ...turn, ...thinkValues(settings) });
}
