import { around, type PageNode, type PageTree } from './page-tree.js';

/** Elements that a cell of a data table never contains. */
const HELD_BY_LAYOUT = new Set(['table', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'pre', 'form', 'main', 'article']);
/** A cell with more words is a column of the page. */
const LONGEST_CELL = 150;

/** Tables whose cells are parts of the page, not data. Their text is written block by block, like that of other elements. */
export function layoutTables({ nodes }: PageTree): ReadonlySet<PageNode> {
  const found = new Set<PageNode>();
  for (const node of nodes) {
    if (node.isLeftOut) continue;
    const isCell = node.tag === 'td' || node.tag === 'th';
    if (!(isCell && node.words > LONGEST_CELL) && !HELD_BY_LAYOUT.has(node.tag)) continue;
    // Only the nearest table counts: an outer one is found because it contains this one.
    const table = tableAround(node);
    if (table !== undefined) found.add(table);
  }
  return found;
}

function tableAround(node: PageNode): PageNode | undefined {
  for (const outer of around(node)) if (outer.tag === 'table') return outer;
  return undefined;
}
