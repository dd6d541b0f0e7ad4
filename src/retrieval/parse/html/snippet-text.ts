import { readPageTree } from './page-tree.js';
import { writePage } from './write-page.js';

/**
 * A short piece of HTML, such as the description of a search result, on one line. Nothing in it counts as furniture or as hidden: a
 * description that mentions `<script>` without escaping it keeps the text after it.
 */
export function snippetText(html: string): string {
  return writePage(readPageTree(html)).text.replace(/\s+/gu, ' ').trim();
}
