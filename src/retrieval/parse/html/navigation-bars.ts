import { countWords } from './count-words.js';
import { textOf, type PageNode, type PageTree } from './page-tree.js';

/** A bar of links to the pages around one begins with one of these and has another. */
const BEGINS_BAR = /^[^\p{L}\p{N}]{0,40}(?:prev(?:ious)?|next|up|top|home|contents|index|back to)(?![\p{L}\p{N}])/iu;
const OF_BAR = /(?<![\p{L}\p{N}])(?:prev(?:ious)?|next|up|top|home|contents|index)(?![\p{L}\p{N}])/giu;
const BAR_TAGS = new Set(['table', 'p', 'div', 'center', 'ul']);
/** DocBook's, which repeat the titles of the pages around and of the page itself. */
const NAMED_BAR = /(?:^|\s)nav(?:header|footer)(?:$|\s)/u;
/** As Docutils and Texinfo name the line of links over a page. */
const NAMED_HEADER = /(?:^|\s)header(?:$|\s)/u;
const LONGEST_BAR = 40;
const LEAST_LINKED = 0.5;
/** Doxygen's header has links beside the title. */
const ALL_LINKED = 0.9;
/** In the last words of a page. */
const HOW_MADE =
  /^\s{0,100}this (?:document|page|manual|file) was (?:automatically )?(?:generated|created|produced|built|translated)\s/iu;
const LONGEST_NOTICE = 40;
/** In words: what may stand behind it. */
const LONGEST_END = 15;

/** Links to the pages before, after and above, whose element does not say what it is. */
export function isNavigationBar(node: PageNode): boolean {
  const { tag, words, links, linkWords } = node;
  if (words === 0 || words > LONGEST_BAR || links === 0) return false;
  if (NAMED_BAR.test(namesOf(node))) return true;
  if (links < 2 || !BAR_TAGS.has(tag) || linkWords < words * LEAST_LINKED) return false;
  const text = textOf(node, 500);
  return BEGINS_BAR.test(text) && (text.match(OF_BAR)?.length ?? 0) >= 2;
}

/** A line of links that is named so. */
export function isSiteHeader(node: PageNode): boolean {
  if (node.tag !== 'div' || node.links < 2 || node.linkWords < node.words * ALL_LINKED) return false;
  return NAMED_HEADER.test(namesOf(node));
}

/** When and by which program a page was made. */
export function saysHowItWasMade(node: PageNode): boolean {
  return node.words > 0 && node.words <= LONGEST_NOTICE && HOW_MADE.test(textOf(node, 200));
}

/** The elements in which the last words of a page stand, and those with only a short line behind them. */
export function pageEnd({ root }: PageTree): ReadonlySet<PageNode> {
  const found = new Set<PageNode>();
  for (let node: PageNode | undefined = root; node !== undefined;) {
    found.add(node);
    let last: PageNode | string | undefined;
    let behind = 0;
    for (const child of node.children.toReversed()) {
      const words = typeof child === 'string' ? countWords(child) : child.isLeftOut ? 0 : child.words;
      if (words === 0) continue;
      last ??= child;
      if (typeof child !== 'string') found.add(child);
      behind += words;
      if (behind > LONGEST_END) break;
    }
    node = typeof last === 'string' ? undefined : last;
  }
  return found;
}

/** Its classes and its identifier. */
export function namesOf({ attributes }: PageNode): string {
  return attributes.size === 0 ? '' : `${attributes.get('class') ?? ''} ${attributes.get('id') ?? ''}`;
}
