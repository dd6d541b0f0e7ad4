/** As much of llama.cpp's grammar language as our grammars use. source: ggml-org/llama.cpp, `grammars/README.md` */
type Node =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'class'; readonly ranges: readonly (readonly [number, number])[]; readonly negated: boolean }
  | { readonly type: 'rule'; readonly name: string }
  | { readonly type: 'sequence' | 'choice'; readonly nodes: readonly Node[] }
  | { readonly type: 'repeat'; readonly node: Node; readonly least: number; readonly most: number };

export interface Gbnf {
  /**
   * A text of the grammar's language.
   *
   * @param random gives numbers from 0 to below 1
   */
  sample(random: () => number): string;
}

/** Beyond this depth the shortest way out is taken. */
const DEEP = 12;
/** Repetitions without an end have so many more at most. */
const MORE = 3;
/** Characters that a negated class may be tried with: some plain, some awkward. */
const CHARACTERS = Array.from("abcxyz019 _-~/'é中😀\u2028").map((one) => one.codePointAt(0) ?? 0);

/** Parses a grammar of ours. @throws {Error} at what is not understood */
export function parseGbnf(source: string): Gbnf {
  const rules = new Map<string, Node>();
  for (const line of source.split('\n')) {
    const [name = '', body = ''] = /^(\S+) ::= (.*)$/su.exec(line)?.slice(1) ?? [];
    rules.set(name, new Parser(body).whole());
  }
  const heights = heightsOf(rules);
  return { sample: (random) => new Sampler(rules, heights, random).write({ type: 'rule', name: 'root' }, 0) };
}

class Parser {
  private at = 0;

  constructor(private readonly body: string) {}

  whole(): Node {
    const node = this.choice();
    if (this.at < this.body.length) throw new Error(`not understood: ${this.body.slice(this.at, this.at + 40)}`);
    return node;
  }

  private choice(): Node {
    const nodes = [this.sequence()];
    while (this.takes(/\s*\|/uy)) nodes.push(this.sequence());
    return { type: 'choice', nodes };
  }

  private sequence(): Node {
    const nodes: Node[] = [];
    for (;;) {
      this.takes(/\s+/uy);
      const next = this.body[this.at];
      if (next === undefined || next === '|' || next === ')') return { type: 'sequence', nodes };
      nodes.push(this.repeated(this.one(next)));
    }
  }

  private one(next: string): Node {
    if (next === '"') return { type: 'text', text: this.quoted() };
    if (next === '[') return this.class();
    if (next === '(') {
      this.at++;
      const node = this.choice();
      if (!this.takes(/\s*\)/uy)) throw new Error('a bracket is not closed');
      return node;
    }
    const name = this.takes(/[a-z0-9-]+/uy);
    if (!name) throw new Error(`not understood: ${this.body.slice(this.at, this.at + 40)}`);
    return { type: 'rule', name };
  }

  private repeated(node: Node): Node {
    const found = this.takes(/[*+?]|\{\d+(?:,\d*)?\}/uy);
    if (!found) return node;
    if (found === '*') return { type: 'repeat', node, least: 0, most: MORE };
    if (found === '+') return { type: 'repeat', node, least: 1, most: 1 + MORE };
    if (found === '?') return { type: 'repeat', node, least: 0, most: 1 };
    const [least = '0', most] = found.slice(1, -1).split(',');
    const end = most === undefined ? Number(least) : most === '' ? Number(least) + MORE : Number(most);
    return { type: 'repeat', node, least: Number(least), most: end };
  }

  private quoted(): string {
    this.at++;
    let text = '';
    while (this.body[this.at] !== '"') text += this.character();
    this.at++;
    return text;
  }

  private class(): Node {
    this.at++;
    const negated = this.takes(/\^/uy) !== '';
    const ranges: [number, number][] = [];
    while (this.body[this.at] !== ']') {
      const from = this.character().codePointAt(0) ?? 0;
      const isRange = this.body[this.at] === '-' && this.body[this.at + 1] !== ']';
      if (isRange) this.at++;
      ranges.push([from, isRange ? (this.character().codePointAt(0) ?? 0) : from]);
    }
    this.at++;
    return { type: 'class', ranges, negated };
  }

  private character(): string {
    const escape = this.takes(/\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)/uy);
    if (escape !== '') {
      if (/^\\[xuU]/u.test(escape)) return String.fromCodePoint(Number.parseInt(escape.slice(2), 16));
      return { n: '\n', r: '\r', t: '\t' }[escape.slice(1)] ?? escape.slice(1);
    }
    const plain = this.takes(/[^]/uy);
    if (plain === '') throw new Error('the grammar ends too early');
    return plain;
  }

  private takes(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.body)?.[0] ?? '';
    this.at += found.length;
    return found;
  }
}

class Sampler {
  constructor(
    private readonly rules: ReadonlyMap<string, Node>,
    private readonly heights: ReadonlyMap<string, number>,
    private readonly random: () => number,
  ) {}

  write(node: Node, depth: number): string {
    switch (node.type) {
      case 'text':
        return node.text;
      case 'class':
        return this.character(node);
      case 'rule':
        return this.write(ruleOf(this.rules, node.name), depth + 1);
      case 'sequence':
        return node.nodes.map((one) => this.write(one, depth)).join('');
      case 'choice': {
        const height = (one: Node): number => heightOf(one, this.heights);
        const shortest = Math.min(...node.nodes.map(height));
        const open = node.nodes.filter((one) => height(one) < Infinity && (depth < DEEP || height(one) === shortest));
        const chosen = open[Math.floor(this.random() * open.length)];
        if (chosen === undefined) throw new Error('the grammar has no end');
        return this.write(chosen, depth);
      }
      case 'repeat': {
        const most = depth < DEEP ? node.most : node.least;
        const times = node.least + Math.floor(this.random() * (most - node.least + 1));
        return Array.from({ length: times }, () => this.write(node.node, depth)).join('');
      }
    }
  }

  private character({ ranges, negated }: Extract<Node, { readonly type: 'class' }>): string {
    if (!negated) {
      const [from, to] = ranges[Math.floor(this.random() * ranges.length)] ?? [0, 0];
      return String.fromCodePoint(from + Math.floor(this.random() * (to - from + 1)));
    }
    const allowed = CHARACTERS.filter((one) => !ranges.some(([from, to]) => one >= from && one <= to));
    return String.fromCodePoint(allowed[Math.floor(this.random() * allowed.length)] ?? 0x6b);
  }
}

/** The least rules that lie between each rule and its end. */
function heightsOf(rules: ReadonlyMap<string, Node>): ReadonlyMap<string, number> {
  const heights = new Map([...rules.keys()].map((name) => [name, Infinity]));
  for (let changed = true; changed;) {
    changed = false;
    for (const [name, node] of rules) {
      const height = 1 + heightOf(node, heights);
      if (height >= (heights.get(name) ?? Infinity)) continue;
      heights.set(name, height);
      changed = true;
    }
  }
  return heights;
}

function heightOf(node: Node, heights: ReadonlyMap<string, number>): number {
  switch (node.type) {
    case 'text':
    case 'class':
      return 0;
    case 'rule':
      return heights.get(node.name) ?? Infinity;
    case 'sequence':
      return Math.max(0, ...node.nodes.map((one) => heightOf(one, heights)));
    case 'choice':
      return Math.min(...node.nodes.map((one) => heightOf(one, heights)));
    case 'repeat':
      return node.least === 0 ? 0 : heightOf(node.node, heights);
  }
}

function ruleOf(rules: ReadonlyMap<string, Node>, name: string): Node {
  const node = rules.get(name);
  if (node === undefined) throw new Error(`the grammar has no rule ${name}`);
  return node;
}
