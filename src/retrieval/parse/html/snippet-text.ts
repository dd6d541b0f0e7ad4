import { readPageTree } from './page-tree.js';
import { writePage } from './write-page.js';

/**
 * A few words of HTML, such as the description of a search result, in one line. Nothing in them counts as furniture or as hidden: a
 * description that names the element `<script>` without escaping it keeps what follows.
 */
export function snippetText(html: string): string {
  return writePage(readPageTree(html)).text.replace(/\s+/gu, ' ').trim();
}
