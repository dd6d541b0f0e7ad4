import { countWords } from './count-words.js';
import { LOOSE_LINE } from './loose-lines.js';
import { textOf, within, type PageNode, type PageTree } from './page-tree.js';

/** A bar of links to neighbouring pages begins with one of these words and contains another. */
const BEGINS_BAR = /^[^\p{L}\p{N}]{0,40}(?:prev(?:ious)?|next|up|top|home|contents|index|back to)(?![\p{L}\p{N}])/iu;
const OF_BAR = /(?<![\p{L}\p{N}])(?:prev(?:ious)?|next|up|top|home|contents|index)(?![\p{L}\p{N}])/giu;
const BAR_TAGS = new Set(['table', 'p', 'div', 'center', 'ul', LOOSE_LINE]);
/** DocBook's bars, which repeat the titles of the neighbouring pages and of the page itself. */
const NAMED_BAR = /(?:^|\s)nav(?:header|footer)(?:$|\s)/u;
/** Class of the line of links above a page in Docutils and Texinfo. */
const NAMED_HEADER = /(?:^|\s)header(?:$|\s)/u;
const LONGEST_BAR = 40;
const LEAST_LINKED = 0.5;
/** Higher than for other bars, because Doxygen's header has links beside the title. */
const ALL_LINKED = 0.9;
const DIVIDERS = /[|·•]/gu;
const LEAST_DIVIDED = 4;
const STEP = /[»›]/gu;
const ONE_LETTER = /^\s{0,5}\P{M}\p{M}{0,2}\s{0,5}$/u;
const LEAST_LETTERS = 5;
/** Allows "Jump to:". */
const MOST_BESIDE_LETTERS = 4;
const MOSTLY = 0.8;
const NAMED_SITE = /(?:^|\s)(?:site-?(?:title|name|description)|tagline|slogan|logo|branding|masthead)(?:$|\s)/iu;
const LONGEST_SITE_NAME = 12;
/** Text at the end of a page. */
const HOW_MADE =
  /^\s{0,100}this (?:document|page|manual|file) was (?:automatically )?(?:generated|created|produced|built|translated)\s/iu;
const LONGEST_NOTICE = 40;
/** Number of words that may follow. */
const LONGEST_END = 15;

/** Links to the pages before, after and above, in an element that is not marked as navigation. */
export function isNavigationBar(node: PageNode): boolean {
  const { tag, words, links, linkWords } = node;
  if (words === 0 || words > LONGEST_BAR || links === 0) return false;
  if (NAMED_BAR.test(namesOf(node))) return true;
  if (links < 2 || !BAR_TAGS.has(tag) || linkWords < words * LEAST_LINKED) return false;
  const text = textOf(node, 500);
  if (isPathOfLinks(text)) return true;
  if (BEGINS_BAR.test(text) && (text.match(OF_BAR)?.length ?? 0) >= 2) return true;
  return linkWords >= words && links >= LEAST_DIVIDED && (text.match(DIVIDERS)?.length ?? 0) >= links - 1;
}

/** An index of letters, each of which is a link: `A | B | C`. */
export function isBarOfLetters(node: PageNode): boolean {
  const { tag, words, links, linkWords } = node;
  if (!BAR_TAGS.has(tag) || links < LEAST_LETTERS || words - linkWords > MOST_BESIDE_LETTERS) return false;
  if (linkWords > links * 1.5) return false;
  let letters = 0;
  for (const inner of within(node)) if (inner.tag === 'a' && ONE_LETTER.test(textOf(inner, 20))) letters++;
  return letters >= links * MOSTLY;
}

/** A line of links with such a name, or a few words with the name or slogan of the site. */
export function isSiteHeader(node: PageNode): boolean {
  const { tag, words, links, linkWords } = node;
  const names = namesOf(node);
  if (words > 0 && words <= LONGEST_SITE_NAME && NAMED_SITE.test(names)) return true;
  return tag === 'div' && links >= 2 && linkWords >= words * ALL_LINKED && NAMED_HEADER.test(names);
}

/** Breadcrumbs: `Home » Guides » This page`. */
function isPathOfLinks(text: string): boolean {
  return !text.includes('«') && (text.match(STEP)?.length ?? 0) >= 2;
}

/** A notice of when and by which program the page was generated. */
export function saysHowItWasMade(node: PageNode): boolean {
  return node.words > 0 && node.words <= LONGEST_NOTICE && HOW_MADE.test(textOf(node, 200));
}

/** Elements that contain the last words of a page, and elements followed only by a short line. */
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

/** Classes and id of an element. */
export function namesOf({ attributes }: PageNode): string {
  return attributes.size === 0 ? '' : `${attributes.get('class') ?? ''} ${attributes.get('id') ?? ''}`;
}
