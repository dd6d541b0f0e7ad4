import { around, type PageNode, type PageTree } from './page-tree.js';

/** What no cell of a table of data holds. */
const HELD_BY_LAYOUT = new Set(['table', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'pre', 'form', 'main', 'article']);
/** A cell of more words is a page's column. */
const LONGEST_CELL = 150;

/** Tables whose cells are parts of a page, not data: their text is told as that of other elements, block by block. */
export function layoutTables({ nodes }: PageTree): ReadonlySet<PageNode> {
  const found = new Set<PageNode>();
  for (const node of nodes) {
    if (node.isLeftOut) continue;
    const isCell = node.tag === 'td' || node.tag === 'th';
    if (!(isCell && node.words > LONGEST_CELL) && !HELD_BY_LAYOUT.has(node.tag)) continue;
    // The nearest alone: each one around that holds a table.
    const table = tableAround(node);
    if (table !== undefined) found.add(table);
  }
  return found;
}

function tableAround(node: PageNode): PageNode | undefined {
  for (const outer of around(node)) if (outer.tag === 'table') return outer;
  return undefined;
}
