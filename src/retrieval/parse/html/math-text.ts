import { textOf, type PageNode } from './page-tree.js';

/** Text between the parts of an element; in other elements, the parts follow each other directly. source: MathML Core, section 3 */
const BETWEEN: Readonly<Record<string, readonly string[]>> = {
  mfrac: ['/'],
  msup: ['^'],
  msub: ['_'],
  msubsup: ['_', '^'],
  munder: ['_'],
  mover: ['^'],
  munderover: ['_', '^'],
};
const TEX = /^(?:application\/x-(?:tex|latex)|(?:la)?tex)$/iu;

/** A formula on one line: its TeX if the page has it, otherwise its parts with `^`, `_`, `/` and `√` between them. */
export function mathText(math: PageNode): string {
  const tex = texOf(math) ?? math.attributes.get('alttext');
  if (tex !== undefined && tex.trim() !== '') {
    // Wikipedia wraps its formulas in this command.
    return tex.trim().replace(/^\{\\(?:displaystyle|textstyle)\s+([^]*)\}$/u, '$1');
  }
  return partsOf(math).join(' ').replace(/\s+/gu, ' ').trim();
}

function texOf(node: PageNode): string | undefined {
  for (const child of node.children) {
    if (typeof child === 'string') continue;
    if (child.tag === 'annotation' && TEX.test(child.attributes.get('encoding') ?? '')) return textOf(child);
    const found = texOf(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

function partsOf(node: PageNode): string[] {
  return node.children.flatMap((child) => {
    const text = typeof child === 'string' ? child.trim() : elementText(child);
    return text === '' ? [] : [text];
  });
}

function elementText(node: PageNode): string {
  if (node.tag.startsWith('annotation')) return '';
  const parts = partsOf(node);
  const between = BETWEEN[node.tag];
  if (between !== undefined) {
    return parts.map((part, index) => (index === 0 ? '' : (between[index - 1] ?? ' ')) + inBrackets(part)).join('');
  }
  if (node.tag === 'msqrt') return `√${inBrackets(parts.join(' '))}`;
  if (node.tag === 'mroot') return `${inBrackets(parts[1] ?? '')}√${inBrackets(parts[0] ?? '')}`;
  if (node.tag === 'mtr') return parts.join(', ');
  if (node.tag === 'mtable') return `[${parts.join('; ')}]`;
  return parts.join(' ');
}

function inBrackets(part: string): string {
  return /\s|\//u.test(part) && !/^\([^()]*\)$/u.test(part) ? `(${part})` : part;
}
