import { around, type PageNode, type PageTree } from './page-tree.js';

const LEAST_LINKS = 5;
const MOSTLY_LINKS = 0.8;
/** Share of the page's words in the main cell, which the column is beside. */
const MAIN_SHARE = 0.5;

/** Cells that contain only links and are beside the main cell, in a table that lays out a page. */
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
    // Only cells beside the main cell count, because within it a row of a table may be all links.
    const isBeside = node.parent !== undefined && main.has(node.parent);
    if (isBeside && node.linkWords >= node.words * MOSTLY_LINKS) yield node;
  }
}

function isCell({ tag }: PageNode): boolean {
  return tag === 'td' || tag === 'th';
}
