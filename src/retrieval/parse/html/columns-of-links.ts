import { around, type PageNode, type PageTree } from './page-tree.js';

const LEAST_LINKS = 5;
const MOSTLY_LINKS = 0.8;
/** Of the words of a page: what the column stands beside. */
const MAIN_SHARE = 0.5;

/** The cells of a table that lays out a page in which there are only links, beside the one that holds the page. */
export function* columnsOfLinks({ nodes, root }: PageTree): Generator<PageNode> {
  const main = new Set<PageNode>();
  for (const node of nodes) {
    if (node.isLeftOut || !isCell(node) || node.words < root.words * MAIN_SHARE) continue;
    main.add(node);
    for (const outer of around(node)) main.add(outer);
  }
  if (main.size === 0) return;
  for (const node of nodes) {
    if (node.isLeftOut || !isCell(node) || main.has(node) || node.links < LEAST_LINKS) continue;
    // Beside the page's cell, not within it: a row of the page's own tables may be all links.
    const isBeside = node.parent !== undefined && main.has(node.parent);
    if (isBeside && node.linkWords >= node.words * MOSTLY_LINKS) yield node;
  }
}

function isCell({ tag }: PageNode): boolean {
  return tag === 'td' || tag === 'th';
}
