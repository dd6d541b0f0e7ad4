import { readMarkup } from '../read-markup.js';
import { countWords } from './count-words.js';

/** An element of an HTML page, or the page itself, which has no tag. */
export interface PageNode {
  readonly tag: string;
  readonly attributes: ReadonlyMap<string, string>;
  parent: PageNode | undefined;
  children: (PageNode | string)[];
  /** Number of visible words, counted by `measure`. */
  words: number;
  /** Number of these words that are in links. */
  linkWords: number;
  links: number;
  /** The element is left out with all its content. */
  isLeftOut: boolean;
}

/** The elements of an HTML page. */
export interface PageTree {
  /** The page itself first; each element before the elements within it. */
  nodes: readonly PageNode[];
  readonly root: PageNode;
}

/** Deeper elements become siblings of their parents. Pages written by people stay far below this depth. */
const MAX_DEPTH = 500;
/** Attributes that tell the kind, number or visibility of an element. */
const TELLING = [
  'alttext',
  'aria-controls',
  'aria-expanded',
  'aria-hidden',
  'class',
  'encoding',
  'hidden',
  'href',
  'id',
  'open',
  'reversed',
  'role',
  'start',
  'style',
  'value',
] as const;
const VOID = new Set('area base br col embed hr img input link meta param source track wbr'.split(' '));
/** Innermost elements that an opening tag closes. source: the HTML standard, "generate implied end tags" */
const ENDS: Readonly<Record<string, readonly string[]>> = {
  li: ['p', 'li'],
  dt: ['p', 'dt', 'dd'],
  dd: ['p', 'dt', 'dd'],
  tr: ['p', 'td', 'th', 'tr'],
  td: ['p', 'td', 'th'],
  th: ['p', 'td', 'th'],
  tbody: ['p', 'td', 'th', 'tr', 'tbody', 'thead'],
  tfoot: ['p', 'td', 'th', 'tr', 'tbody', 'thead'],
  option: ['option'],
  optgroup: ['option', 'optgroup'],
  rb: ['rb', 'rt', 'rtc'],
  rt: ['rb', 'rt'],
  rp: ['rb', 'rt', 'rp'],
  rtc: ['rb', 'rt', 'rtc'],
  a: ['a'],
  ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((level) => [`h${level}`, ['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6']])),
};
/** Elements of text and choices that may have been left open. */
const ENDED_BY_BLOCKS = ['p', 'option', 'optgroup', 'select'];
const ENDS_PARAGRAPH = new Set(
  (
    'address article aside blockquote details dialog div dl fieldset figcaption figure footer form header hgroup hr ' +
    'main menu nav ol p pre section table ul'
  ).split(' '),
);
/** A closing tag within one of these elements closes nothing outside of it. source: the HTML standard, "has an element in scope" */
const SCOPES = new Set(['table', 'td', 'th', 'caption', 'template', 'object', 'button']);
const IN_TABLE = new Set(['table', 'tbody', 'thead', 'tfoot', 'tr', 'td', 'th', 'caption']);

/** Reads an HTML page as a tree, even if elements are left open or closed twice. Takes time proportional to its length. */
export function readPageTree(html: string): PageTree {
  const root = nodeOf('', new Map(), undefined);
  const nodes = [root];
  const open: PageNode[] = [root];
  /** Number of open elements by tag, so that most closing tags without an opening one cost nothing. */
  const openByTag = new Map<string, number>();
  const top = (): PageNode => open.at(-1) ?? root;
  const pop = (): void => {
    const node = open.pop();
    if (node !== undefined) openByTag.set(node.tag, (openByTag.get(node.tag) ?? 1) - 1);
  };
  readMarkup(
    html,
    { isXml: false },
    {
      attributes: TELLING,
      onOpen(tag, attributes) {
        const ends = ENDS[tag] ?? (ENDS_PARAGRAPH.has(tag) ? ENDED_BY_BLOCKS : []);
        while (open.length > 1 && ends.includes(top().tag)) pop();
        if (open.length > MAX_DEPTH) pop();
        const node = nodeOf(tag, attributes, top());
        top().children.push(node);
        nodes.push(node);
        if (VOID.has(tag)) return;
        open.push(node);
        openByTag.set(tag, (openByTag.get(tag) ?? 0) + 1);
      },
      onClose(tag) {
        if ((openByTag.get(tag) ?? 0) === 0) return;
        let index = open.length - 1;
        while (index > 0 && open[index]?.tag !== tag) {
          if (SCOPES.has(open[index]?.tag ?? '') && !IN_TABLE.has(tag)) return;
          // The end tag of a cell applies only within its table.
          if (open[index]?.tag === 'table') return;
          index--;
        }
        if (index > 0) for (let count = open.length - index; count > 0; count--) pop();
      },
      onText: (text) => void top().children.push(text),
    },
  );
  return { nodes, root };
}

/** The ancestors of an element, innermost first. */
export function* around(node: PageNode): Generator<PageNode> {
  for (let { parent } = node; parent !== undefined; parent = parent.parent) yield parent;
}

/** The descendants of an element, each before its own descendants. */
export function* within(node: PageNode): Generator<PageNode> {
  for (const child of node.children) {
    if (typeof child === 'string') continue;
    yield child;
    yield* within(child);
  }
}

/** All text of an element that is not left out, up to a length in characters. */
export function textOf(node: PageNode, limit = Infinity): string {
  let text = '';
  for (const child of node.children) {
    if (text.length >= limit) break;
    if (typeof child === 'string') text += child;
    else if (!child.isLeftOut) text += `${textOf(child, limit - text.length)} `;
  }
  return text;
}

/** Counts the words of each element, from the innermost outwards, without those that are left out. */
export function measure({ nodes }: PageTree): void {
  for (const node of nodes) {
    node.words = 0;
    node.linkWords = 0;
    node.links = 0;
  }
  for (const node of nodes.toReversed()) {
    if (node.isLeftOut) continue;
    for (const child of node.children) if (typeof child === 'string') node.words += countWords(child);
    if (node.tag === 'a' && node.attributes.has('href')) {
      node.links++;
      node.linkWords = node.words;
    }
    const { parent } = node;
    if (parent === undefined) continue;
    parent.words += node.words;
    parent.linkWords += node.linkWords;
    parent.links += node.links;
  }
}

/** Creates an element without words. Its parent does not have it among its children yet. */
export function nodeOf(tag: string, attributes: ReadonlyMap<string, string>, parent: PageNode | undefined): PageNode {
  return { tag, attributes, parent, children: [], words: 0, linkWords: 0, links: 0, isLeftOut: false };
}
