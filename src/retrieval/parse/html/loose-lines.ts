import { isBlock } from './block-tags.js';
import { nodeOf, type PageNode, type PageTree } from './page-tree.js';

/** Tag of a line without an element of its own, such as text between two rules. HTML has no element of this name. */
export const LOOSE_LINE = '#line';

/** Elements that contain parts of pages. Other elements with text, such as a paragraph, are lines or items themselves. */
const CONTAINERS = new Set([
  '',
  'html',
  'body',
  'div',
  'center',
  'main',
  'article',
  'section',
  'td',
  'header',
  'footer',
]);
const ENDS_LINE = new Set(['br', 'li', 'pre', 'tr', 'td', 'th']);

/** Makes an element of each line that is beside blocks but has no element of its own, so that it can be judged like the others. */
export function gatherLooseLines(tree: PageTree): void {
  const nodes: PageNode[] = [];
  const visit = (node: PageNode): void => {
    nodes.push(node);
    if (CONTAINERS.has(node.tag) && node.children.some(endsLine)) gatherIn(node);
    for (const child of node.children) if (typeof child !== 'string') visit(child);
  };
  visit(tree.root);
  tree.nodes = nodes;
}

function gatherIn(node: PageNode): void {
  const children: (PageNode | string)[] = [];
  let line: (PageNode | string)[] = [];
  const end = (): void => {
    if (line.some((child) => typeof child !== 'string')) {
      const gathered = nodeOf(LOOSE_LINE, new Map(), node);
      for (const child of line) if (typeof child !== 'string') child.parent = gathered;
      gathered.children = line;
      children.push(gathered);
    } else children.push(...line);
    line = [];
  };
  for (const child of node.children) {
    if (!endsLine(child)) line.push(child);
    else {
      end();
      children.push(child);
    }
  }
  end();
  node.children = children;
}

function endsLine(child: PageNode | string): boolean {
  return typeof child !== 'string' && (ENDS_LINE.has(child.tag) || isBlock(child.tag) || holdsBlock(child));
}

/** True for links and emphasis around whole parts of a page. */
function holdsBlock({ children }: PageNode): boolean {
  return children.some((child) => typeof child !== 'string' && (ENDS_LINE.has(child.tag) || isBlock(child.tag)));
}
