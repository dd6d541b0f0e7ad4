import { parseGoTemplate, TemplateSyntaxError, type Node, type Operand, type Pipe } from './go-template-syntax.js';

export interface TemplateMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface ChatTemplate {
  /**
   * The prompt up to where the model's answer begins, as Ollama renders it. Messages of one role that follow each other are joined.
   *
   * @throws {TemplateSyntaxError} when it gets to something that is not understood here
   */
  render(messages: readonly TemplateMessage[]): string;
}

/**
 * A chat template of Ollama: a Go template over `.System` and `.Messages`, or, of the older kind, over `.System`, `.Prompt` and
 * `.Response`, rendered once for each turn.
 *
 * source: https://github.com/ollama/ollama/blob/v0.6.5/template/template.go
 *
 * @throws {TemplateSyntaxError}
 */
export function parseChatTemplate(source: string): ChatTemplate {
  const nodes = parseGoTemplate(source);
  if (mentions(source, 'Messages')) {
    return {
      render(messages) {
        const collated = collate(messages);
        return new Rendering({
          System: systemOf(messages),
          Messages: collated.map(({ role, content }) => ({ Role: role, Content: content })),
          Tools: [],
          Response: '',
        }).run(nodes);
      },
    };
  }
  const turns: Node[] = mentions(source, 'Response')
    ? nodes
    : [...nodes, { type: 'action', pipe: { commands: [[{ type: 'path', fields: ['Response'] }]] } }];
  return { render: (messages) => renderTurns(turns, collate(messages)) };
}

function mentions(source: string, field: string): boolean {
  return [...source.matchAll(/\{\{[^]*?\}\}/gu)].some(([action]) => action.includes(`.${field}`));
}

function systemOf(messages: readonly TemplateMessage[]): string {
  return messages.flatMap(({ role, content }) => (role === 'system' ? [content] : [])).join('\n\n');
}

function collate(messages: readonly TemplateMessage[]): TemplateMessage[] {
  return messages.reduce<TemplateMessage[]>((collated, { role, content }) => {
    const last = collated.at(-1);
    if (last?.role !== role) return [...collated, { role, content }];
    return [...collated.slice(0, -1), { role, content: `${last.content}\n\n${content}` }];
  }, []);
}

function renderTurns(nodes: readonly Node[], messages: readonly TemplateMessage[]): string {
  let written = '';
  let turn = { System: '', Prompt: '', Response: '' };
  const flush = (): void => {
    written += new Rendering(turn).run(nodes);
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
  return written + new Rendering(turn, { endsAtResponse: true }).run(nodes);
}

type Scope = Map<string, unknown>;

class Rendering {
  private out = '';
  private ended = false;
  private readonly scopes: Scope[] = [];

  constructor(
    private readonly root: Readonly<Record<string, unknown>>,
    private readonly options: { readonly endsAtResponse?: boolean } = {},
  ) {
    this.scopes.push(new Map<string, unknown>([['$', root]]));
  }

  run(nodes: readonly Node[]): string {
    this.list(nodes, this.root);
    return this.out;
  }

  /** @returns what a loop around it has to do */
  private list(nodes: readonly Node[], dot: unknown): 'break' | 'continue' | undefined {
    this.scopes.push(new Map());
    try {
      for (const node of nodes) {
        if (this.ended) return 'break';
        const jump = this.node(node, dot);
        if (jump !== undefined) return jump;
      }
      return undefined;
    } finally {
      this.scopes.pop();
    }
  }

  private node(node: Node, dot: unknown): 'break' | 'continue' | undefined {
    switch (node.type) {
      case 'text':
        this.out += node.text;
        return undefined;
      case 'action': {
        const value = this.pipe(node.pipe, dot);
        if (!this.ended && node.pipe.variable === undefined) this.out += display(value);
        return undefined;
      }
      case 'break':
      case 'continue':
        return node.type;
      case 'if':
      case 'with': {
        this.scopes.push(new Map());
        const value = this.pipe(node.pipe, dot);
        const inner = node.type === 'with' && isTrue(value) ? value : dot;
        const jump = this.list(isTrue(value) ? node.body : node.otherwise, inner);
        this.scopes.pop();
        return jump;
      }
      case 'range': {
        const value = this.pipe(node.pipe, dot);
        const items = Array.isArray(value) ? (value as unknown[]) : [];
        if (items.length === 0) return this.list(node.otherwise, dot);
        for (const [index, item] of items.entries()) {
          const [first, second] = node.names;
          const names: [string, unknown][] =
            second === undefined
              ? [[first ?? '', item]]
              : [
                  [first ?? '', index],
                  [second, item],
                ];
          this.scopes.push(new Map(names));
          const jump = this.list(node.body, item);
          this.scopes.pop();
          if (jump === 'break') break;
        }
        return undefined;
      }
    }
  }

  private pipe({ commands, variable }: Pipe, dot: unknown): unknown {
    let value: unknown;
    for (const [index, command] of commands.entries()) value = this.command(command, dot, index === 0 ? [] : [value]);
    if (variable !== undefined) this.assign(variable, value);
    return value;
  }

  private assign({ name, declared }: NonNullable<Pipe['variable']>, value: unknown): void {
    const scope = declared ? this.scopes.at(-1) : this.scopes.findLast((one) => one.has(name));
    if (scope === undefined) throw new TemplateSyntaxError(`the variable ${name} is not declared`);
    scope.set(name, value);
  }

  private command([first, ...rest]: readonly Operand[], dot: unknown, piped: readonly unknown[]): unknown {
    if (first === undefined) throw new TemplateSyntaxError('an empty command');
    if (first.type !== 'function') return this.operand(first, dot);
    if (first.name === 'and' || first.name === 'or') return this.logic(first.name, rest, dot, piped);
    return call(first.name, [...rest.map((one) => this.operand(one, dot)), ...piped]);
  }

  /** The first operand that decides; those after it are not looked at. */
  private logic(name: 'and' | 'or', operands: readonly Operand[], dot: unknown, piped: readonly unknown[]): unknown {
    let value: unknown;
    for (const one of operands) {
      value = this.operand(one, dot);
      if (isTrue(value) === (name === 'or')) return value;
    }
    return piped.length > 0 ? piped[0] : value;
  }

  private operand(operand: Operand, dot: unknown): unknown {
    switch (operand.type) {
      case 'literal':
        return operand.value;
      case 'function':
        return call(operand.name, []);
      case 'group':
        return fieldOf(this.pipe(operand.pipe, dot), operand.fields);
      case 'path': {
        if (this.options.endsAtResponse && operand.fields.includes('Response')) {
          this.ended = true;
          return '';
        }
        return fieldOf(operand.root === undefined ? dot : this.variable(operand.root), operand.fields);
      }
    }
  }

  private variable(name: string): unknown {
    const scope = this.scopes.findLast((one) => one.has(name));
    if (scope === undefined) throw new TemplateSyntaxError(`the variable ${name} is not declared`);
    return scope.get(name);
  }
}

function fieldOf(value: unknown, fields: readonly string[]): unknown {
  return fields.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, name) ? Reflect.get(inner, name) : undefined,
    value,
  );
}

function isTrue(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

function display(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === undefined) return '';
  throw new TemplateSyntaxError('a value that is no text is written');
}

function call(name: string, args: readonly unknown[]): unknown {
  const [first, second, third] = args;
  switch (name) {
    case 'eq':
      return args.slice(1).some((one) => one === first || (isEmpty(one) && isEmpty(first)));
    case 'ne':
      return !(first === second || (isEmpty(first) && isEmpty(second)));
    case 'not':
      return !isTrue(first);
    case 'lt':
      return Number(first) < Number(second);
    case 'le':
      return Number(first) <= Number(second);
    case 'gt':
      return Number(first) > Number(second);
    case 'ge':
      return Number(first) >= Number(second);
    case 'len':
      return typeof first === 'string' ? Buffer.byteLength(first) : Array.isArray(first) ? first.length : 0;
    case 'slice': {
      if (!Array.isArray(first) && typeof first !== 'string') return [];
      return first.slice(Number(second ?? 0), third === undefined ? undefined : Number(third));
    }
    case 'index':
      return Array.isArray(first) ? (first as unknown[])[Number(second)] : undefined;
    case 'print':
      return args.map((one) => display(one)).join('');
    case 'printf':
      return printf(args);
    default:
      throw new TemplateSyntaxError(`its function "${name}" is not understood`);
  }
}

/** What a missing field is to Ollama. */
function isEmpty(value: unknown): boolean {
  return value === undefined || value === '';
}

function printf([format, ...values]: readonly unknown[]): string {
  const rest = [...values];
  return display(format).replace(/%([%svd])/gu, (_all, verb: string) => (verb === '%' ? '%' : display(rest.shift())));
}
