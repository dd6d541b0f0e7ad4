import { leaveOutFurniture } from './html/leave-out-furniture.js';
import { leaveOutHidden } from './html/leave-out-hidden.js';
import { gatherLooseLines } from './html/loose-lines.js';
import { measure, readPageTree, textOf } from './html/page-tree.js';
import { writePage } from './html/write-page.js';
import type { ParsedText } from './parsed-text.js';

/** The visible text of an HTML page, without the parts that are the same on every page of its site. */
export function parseHtml(html: string): ParsedText {
  const tree = readPageTree(html);
  const title = tree.nodes.find(({ tag, parent }) => tag === 'title' && parent?.tag !== 'svg');
  leaveOutHidden(tree);
  gatherLooseLines(tree);
  measure(tree);
  leaveOutFurniture(tree);
  return { ...writePage(tree), title: title === undefined ? '' : textOf(title).replace(/\s+/gu, ' ').trim() };
}
