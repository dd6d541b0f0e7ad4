/** The syntax tree of a Go template, limited to the constructs of chat templates. */
export type Node =
  | { readonly type: 'text'; readonly text: string }
  /** Writes the value, unless it is assigned to a variable. */
  | { readonly type: 'action'; readonly pipe: Pipe }
  | { readonly type: 'if' | 'with'; readonly pipe: Pipe; readonly body: readonly Node[]; readonly otherwise: Node[] }
  | {
      readonly type: 'range';
      readonly pipe: Pipe;
      /** Names of index and value, as many as the template gives. */
      readonly names: readonly string[];
      readonly body: readonly Node[];
      readonly otherwise: Node[];
    }
  | { readonly type: 'break' | 'continue' };

export interface Pipe {
  readonly commands: readonly (readonly Operand[])[];
  /** The variable that the value is assigned to, instead of being written. */
  readonly variable?: { readonly name: string; readonly declared: boolean };
}

export type Operand =
  | { readonly type: 'literal'; readonly value: string | number | boolean | undefined }
  | { readonly type: 'function'; readonly name: string }
  /** `.A.B` starts at the dot, `$x.A` at a variable; an undefined `root` is the dot. */
  | { readonly type: 'path'; readonly root?: string; readonly fields: readonly string[] }
  | { readonly type: 'group'; readonly pipe: Pipe; readonly fields: readonly string[] };

/** A construct in the template that is unsupported here. */
export class TemplateSyntaxError extends Error {
  override readonly name = 'TemplateSyntaxError';
}

/**
 * source: https://pkg.go.dev/text/template@go1.24.0. `define`, `template` and `block` are refused, because chat templates consist of a
 * single template.
 *
 * @throws {TemplateSyntaxError}
 */
export function parseGoTemplate(source: string): Node[] {
  const parser = new Parser(cut(source));
  const { nodes, end } = parser.list();
  if (end !== undefined) throw new TemplateSyntaxError(`"${end}" without a beginning`);
  return nodes;
}

type Piece = { readonly text: string } | { readonly action: readonly string[] };

/** Alternating text and actions; white space is trimmed where a dash requests it. */
function cut(source: string): Piece[] {
  const pieces: Piece[] = [];
  let text = '';
  let rest = source;
  let trims = false;
  for (;;) {
    const at = rest.indexOf('{{');
    const plain = at < 0 ? rest : rest.slice(0, at);
    text = trims ? plain.replace(/^[ \t\r\n]+/u, '') : plain;
    if (at < 0) break;
    const inside = rest.slice(at + 2);
    const left = /^-\s/u.test(inside);
    if (left) text = text.replace(/[ \t\r\n]+$/u, '');
    if (text !== '') pieces.push({ text });
    const { tokens, length } = lex(left ? inside.slice(1) : inside);
    const ended = inside.slice(length + (left ? 1 : 0));
    trims = ended.startsWith('-}}');
    rest = ended.slice(trims ? 3 : 2);
    if (tokens.length > 0) pieces.push({ action: tokens });
  }
  if (text !== '') pieces.push({ text });
  return pieces;
}

const TOKEN =
  /^(?:"(?:[^"\\\n]|\\.)*"|`[^`]*`|:=|[|(),=]|[-+]?\d+(?:\.\d+)?|\$?\.?[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*|(?:\.[\p{L}_][\p{L}\p{N}_]*)+|\$|\.)/u;

/** Tokens up to the end of the action, and the position of that end. A dot directly after a bracket is marked by a space: ` .Name`. */
function lex(inside: string): { tokens: string[]; length: number } {
  const tokens: string[] = [];
  let at = 0;
  for (;;) {
    const rest = inside.slice(at);
    const blank = /^\s*/u.exec(rest)?.[0].length ?? 0;
    const after = rest.slice(blank);
    if (after.startsWith('}}') || (blank > 0 && after.startsWith('-}}'))) return { tokens, length: at + blank };
    const comment = /^\/\*[^]*?\*\//u.exec(after)?.[0];
    const token = comment ?? TOKEN.exec(after)?.[0];
    if (token === undefined) throw new TemplateSyntaxError(`"${after.slice(0, 20)}" is not understood`);
    if (comment === undefined) tokens.push(blank === 0 && tokens.at(-1) === ')' ? ` ${token}` : token);
    at += blank + token.length;
  }
}

class Parser {
  private at = 0;

  constructor(private readonly pieces: readonly Piece[]) {}

  /** Parses up to `end`, `else` or the end of the template. */
  list(): { nodes: Node[]; end?: string; rest?: readonly string[] } {
    const nodes: Node[] = [];
    for (;;) {
      const piece = this.pieces[this.at++];
      if (piece === undefined) return { nodes };
      if ('text' in piece) {
        nodes.push({ type: 'text', text: piece.text });
        continue;
      }
      const [keyword = '', ...rest] = piece.action;
      if (keyword === 'end' || keyword === 'else') return { nodes, end: keyword, rest };
      nodes.push(this.action(keyword, rest, piece.action));
    }
  }

  private action(keyword: string, rest: readonly string[], all: readonly string[]): Node {
    switch (keyword) {
      case 'if':
      case 'with':
        return { type: keyword, pipe: parsePipe(rest), ...this.branches(keyword) };
      case 'range': {
        const declared = rest.indexOf(':=');
        const names = declared < 0 ? [] : rest.slice(0, declared).filter((token) => token !== ',');
        return { type: 'range', names, pipe: parsePipe(rest.slice(declared + 1)), ...this.branches('range') };
      }
      case 'break':
      case 'continue':
        return { type: keyword };
      case 'define':
      case 'template':
      case 'block':
        throw new TemplateSyntaxError(`"${keyword}" is not understood`);
      default:
        return { type: 'action', pipe: parsePipe(all) };
    }
  }

  private branches(keyword: string): { body: Node[]; otherwise: Node[] } {
    const { nodes: body, end, rest = [] } = this.list();
    if (end === undefined) throw new TemplateSyntaxError(`"${keyword}" without an end`);
    if (end === 'end') return { body, otherwise: [] };
    const [nested = '', ...condition] = rest;
    // `else if` shares the end of its `if`.
    if (nested !== '') return { body, otherwise: [this.action(nested, condition, rest)] };
    const { nodes: otherwise, end: last } = this.list();
    if (last !== 'end') throw new TemplateSyntaxError(`"else" without an end`);
    return { body, otherwise };
  }
}

function parsePipe(tokens: readonly string[]): Pipe {
  const [name = '', sign] = tokens;
  if (name.startsWith('$') && (sign === ':=' || sign === '=')) {
    return { ...parsePipe(tokens.slice(2)), variable: { name, declared: sign === ':=' } };
  }
  const { commands, rest } = parseCommands(tokens);
  if (rest.length > 0) throw new TemplateSyntaxError(`"${rest.join(' ')}" is not understood`);
  return { commands };
}

function parseCommands(tokens: readonly string[]): { commands: Operand[][]; rest: readonly string[] } {
  const commands: Operand[][] = [[]];
  let rest = tokens;
  for (;;) {
    const [token] = rest;
    if (token === undefined || token.trim() === ')')
      return { commands: commands.filter(({ length }) => length > 0), rest };
    rest = rest.slice(1);
    if (token === '|') {
      commands.push([]);
    } else if (token === '(') {
      const inner = parseCommands(rest);
      const [, suffix = ''] = inner.rest;
      const fields = suffix.startsWith(' .') ? suffix.slice(2).split('.') : [];
      commands.at(-1)?.push({ type: 'group', pipe: { commands: inner.commands }, fields });
      rest = inner.rest.slice(fields.length > 0 ? 2 : 1);
    } else {
      commands.at(-1)?.push(operand(token));
    }
  }
}

function operand(token: string): Operand {
  if (token.startsWith('"')) return { type: 'literal', value: unquote(token) };
  if (token.startsWith('`')) return { type: 'literal', value: token.slice(1, -1) };
  if (/^[-+]?\d/u.test(token)) return { type: 'literal', value: Number(token) };
  if (token === 'true' || token === 'false') return { type: 'literal', value: token === 'true' };
  if (token === 'nil') return { type: 'literal', value: undefined };
  if (token === '.') return { type: 'path', fields: [] };
  if (token.startsWith('.')) return { type: 'path', fields: token.slice(1).split('.') };
  if (token.startsWith('$')) {
    const [root = '$', ...fields] = token.split('.');
    return { type: 'path', root, fields };
  }
  if (/^[\p{L}_][\p{L}\p{N}_]*$/u.test(token)) return { type: 'function', name: token };
  throw new TemplateSyntaxError(`"${token}" is not understood`);
}

function unquote(token: string): string {
  try {
    return String(JSON.parse(token));
  } catch (error) {
    throw new TemplateSyntaxError(`the text ${token} is not understood`, { cause: error });
  }
}
