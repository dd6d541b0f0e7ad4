import { TemplateSyntaxError, type Node, type Operand, type Pipe } from './go-template-syntax.js';

/**
 * Functions that templates may call. They include functions that only tools need; those are never called, because tools are described as
 * text.
 */
export const TEMPLATE_FUNCTIONS: ReadonlySet<string> = new Set(
  (
    'and or not eq ne lt le gt ge len slice index print println printf ' +
    'json currentDate yesterdayDate toTypeScriptType'
  ).split(' '),
);

/** Renders the template with these values. @throws {TemplateSyntaxError} when it reaches an unsupported construct */
export function renderGoTemplate(nodes: readonly Node[], values: Readonly<Record<string, unknown>>): string {
  return new Rendering(values).run(nodes);
}

type Scope = Map<string, unknown>;

class Rendering {
  private out = '';
  private readonly scopes: Scope[] = [];

  constructor(private readonly root: Readonly<Record<string, unknown>>) {
    this.scopes.push(new Map<string, unknown>([['$', root]]));
  }

  run(nodes: readonly Node[]): string {
    this.list(nodes, this.root);
    return this.out;
  }

  /** @returns the action of the enclosing loop, if any */
  private list(nodes: readonly Node[], dot: unknown): 'break' | 'continue' | undefined {
    this.scopes.push(new Map());
    try {
      for (const node of nodes) {
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
        if (node.pipe.variable === undefined) this.out += display(value);
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
        const items = itemsOf(value);
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

  /** Returns the first operand that decides the result; later operands are not evaluated. */
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
      case 'path':
        return fieldOf(operand.root === undefined ? dot : this.variable(operand.root), operand.fields);
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
  // Go writes this for a name that the template's values lack.
  if (value === undefined) return '<no value>';
  throw new TemplateSyntaxError('a value that is no text is written');
}

function call(name: string, args: readonly unknown[]): unknown {
  const [first, second, third] = args;
  switch (name) {
    case 'eq':
      return args.slice(1).includes(first);
    case 'ne':
      return first !== second;
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
      return typeof first === 'string' ? Buffer.byteLength(first) : itemsOf(first, name).length;
    case 'slice':
      return sliced(first, Number(second ?? 0), third === undefined ? undefined : Number(third));
    case 'index': {
      const items = itemsOf(first, name);
      if (!(Number(second) in items)) throw new TemplateSyntaxError(`its index ${display(second)} is out of range`);
      return items[Number(second)];
    }
    case 'print':
      return args.map((one) => display(one)).join('');
    case 'println':
      return `${args.map((one) => display(one)).join(' ')}\n`;
    case 'printf':
      return printf(args);
    case 'json':
      return goJson(first);
    // source: https://github.com/ollama/ollama/blob/v0.17.4/template/template.go, `funcs`; uses this machine's clock, as Ollama uses its
    // own
    case 'currentDate':
      return dayOf(new Date());
    case 'yesterdayDate':
      return dayOf(new Date(Date.now() - 86_400_000));
    default:
      throw new TemplateSyntaxError(`its function "${name}" is not understood`);
  }
}

function printf([format, ...values]: readonly unknown[]): string {
  const rest = [...values];
  return display(format).replace(/%(.?)/gu, (_all, verb: string) => {
    if (verb === '%') return '%';
    if (!['s', 'v', 'd'].includes(verb)) throw new TemplateSyntaxError(`the verb "%${verb}" is not understood`);
    return display(rest.shift());
  });
}

/** A missing value has no items, as in `range`; other values that are not lists are unsupported. */
function itemsOf(value: unknown, name = 'range'): readonly unknown[] {
  if (Array.isArray(value)) return value as unknown[];
  if (value === undefined && name === 'range') return [];
  throw new TemplateSyntaxError(`"${name}" of what is no list is not understood`);
}

/** Slices by bytes, as Go does. */
function sliced(value: unknown, from: number, to: number | undefined): unknown {
  if (typeof value === 'string') return Buffer.from(value).subarray(from, to).toString();
  return itemsOf(value, 'slice').slice(from, to);
}

/** source: https://pkg.go.dev/encoding/json#Marshal, which escapes characters that are special in HTML */
function goJson(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replace(
    /[<>&\u2028\u2029]/gu,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function dayOf(date: Date): string {
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(twoDigits).join('-');
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
