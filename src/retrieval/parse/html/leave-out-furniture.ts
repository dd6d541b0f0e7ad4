import { columnsOfLinks } from './columns-of-links.js';
import {
  isBarOfLetters,
  isNavigationBar,
  isSiteHeader,
  namesOf,
  pageEnd,
  saysHowItWasMade,
} from './navigation-bars.js';
import { around, measure, textOf, type PageNode, type PageTree } from './page-tree.js';

type Hint = 'navigation' | 'footer' | 'beside' | 'form' | 'named';

const HINTS: Readonly<Record<string, Hint>> = {
  nav: 'navigation',
  menu: 'navigation',
  footer: 'footer',
  aside: 'beside',
  form: 'form',
};
const HINTS_BY_ROLE: Readonly<Record<string, Hint>> = {
  navigation: 'navigation',
  menubar: 'navigation',
  banner: 'navigation',
  contentinfo: 'footer',
  complementary: 'beside',
  search: 'form',
};
/** Classes and ids of furniture, for pages that do not mark it by elements or roles. */
const NAMED =
  /(?:^|[\s_-])(?:(?:top|bottom|sub|site|main|page)?nav(?:bar|igation)?|sidebar|breadcrumbs?|menu|footer|pagination|pager|related)(?:$|[\s_-])/iu;
const IMPRINT =
  /©|\(c\) ?\d{4}|copyright|all rights reserved|powered by|built with|created using|last (?:updated|modified)|website design|generated (?:by|on|with)|版权所有|備案|备案|著作権/iu;
const NAMED_FOOTER = /(?:^|[\s_-])footer(?:$|[\s_-])/iu;
const SKIP_LINK = /^\s{0,100}(?:skip|jump) to |^\s{0,100}(?:back|return) to (?:the )?top\b/iu;
/** Texts of links to their own place, e.g. to the heading that they are in. */
const ANCHOR = /^[\s¶#§🔗\u{f0c1}\u{200b}]+$/u;
const MAIN_PARTS = new Set(['main', 'article', 'h1']);
/** A footer within one of these names the author of a quotation or picture. */
const QUOTED = new Set(['blockquote', 'figure', 'q']);
const LABELS = new Set('h1 h2 h3 h4 h5 h6 summary dt legend label caption p'.split(' '));

/** Shares of words in links. In a table of contents nearly all words are in links, in a paragraph about a tenth. */
const NAVIGATION_LINKS = 0.5;
const FOOTER_LINKS = 0.3;
/** Elements with fewer words than these say nothing about the subject of the page. */
const SHORT_FOOTER = 8;
const SHORT_NAVIGATION = 8;
const SHORT_FORM = 8;
const SHORT_BESIDE_MAIN = 15;
const LONGEST_IMPRINT = 80;
const LONGEST_SIDEBAR = 50;
const SIDEBAR = /sidebar/iu;
/** Share of the page's words below which an element is not the main part. */
const LEAST_MAIN_SHARE = 0.5;
/** A page with so few words left, and so much more furniture, is a page of links. */
const FEW_WORDS = 20;
const MUCH_MORE = 5;

/**
 * Leaves out the parts that are the same on every page of a site: menus, search boxes, imprints. Whether an element is furniture depends on
 * the amount of its text and its links; its name, role and class only say where to look. Call `measure` before; the counts are up to date
 * afterwards.
 */
export function leaveOutFurniture(tree: PageTree): void {
  const withMain = new Set<PageNode>();
  for (const node of tree.nodes) {
    if (node.isLeftOut || !(MAIN_PARTS.has(node.tag) || node.attributes.get('role') === 'main')) continue;
    withMain.add(node);
    for (const outer of around(node)) {
      if (withMain.has(outer)) break;
      withMain.add(outer);
    }
  }
  const words = tree.root.words;
  const left: PageNode[] = [];
  const leaveOut = (node: PageNode): void => {
    if (node.isLeftOut) return;
    node.isLeftOut = true;
    left.push(node);
  };
  const end = pageEnd(tree);
  for (const column of columnsOfLinks(tree)) leaveOut(column);
  for (const node of tree.nodes) {
    if (isSmallPart(node) || isFurniture(node, withMain)) leaveOut(node);
    else if (!withMain.has(node) && (isNavigationBar(node) || isBarOfLetters(node) || isSiteHeader(node)))
      leaveOut(node);
    else if (!withMain.has(node) && isShortSidebar(node, withMain)) leaveOut(node);
    else if (end.has(node) && saysHowItWasMade(node)) leaveOut(node);
  }
  if (left.length > 0) measure(tree);
  const beside = [...besideMain(tree, withMain)];
  beside.forEach(leaveOut);
  if (beside.length > 0) measure(tree);
  const kept = tree.root.words;
  if (kept > 0 && (kept >= FEW_WORDS || words < kept * MUCH_MORE)) return;
  // The page is all navigation: its links are better than nothing.
  for (const node of left) node.isLeftOut = false;
  measure(tree);
}

function hintOf(node: PageNode): Hint | undefined {
  const { tag, attributes } = node;
  const hint = HINTS_BY_ROLE[attributes.get('role') ?? ''] ?? HINTS[tag];
  if (hint !== undefined || attributes.size === 0) return hint;
  return tag !== 'body' && tag !== 'html' && NAMED.test(namesOf(node)) ? 'named' : undefined;
}

function isFurniture(node: PageNode, withMain: ReadonlySet<PageNode>): boolean {
  const { words, links, parent } = node;
  if (withMain.has(node)) return isListOfKeptNavigation(node, withMain);
  const share = linkShare(node);
  switch (hintOf(node)) {
    case 'navigation':
      return share >= NAVIGATION_LINKS || words < SHORT_NAVIGATION;
    case 'footer':
      if (parent !== undefined && [parent, ...around(parent)].some(({ tag }) => QUOTED.has(tag))) return false;
      return share >= FOOTER_LINKS || words < SHORT_FOOTER || isImprint(node);
    case 'beside':
      return share >= NAVIGATION_LINKS && links >= 3;
    case 'form':
      return words < SHORT_FORM;
    case 'named':
      if (isInMain(node)) return false;
      return (share >= NAVIGATION_LINKS && links >= 2) || (NAMED_FOOTER.test(namesOf(node)) && isImprint(node));
    case undefined:
      return isListOfKeptNavigation(node, withMain);
  }
}

/** A short text and a few links beside a page that has a heading. */
function isShortSidebar(node: PageNode, withMain: ReadonlySet<PageNode>): boolean {
  const { words, attributes } = node;
  if (words > LONGEST_SIDEBAR || withMain.size === 0 || !SIDEBAR.test(namesOf(node))) return false;
  return node.tag === 'aside' || ['navigation', 'complementary'].includes(attributes.get('role') ?? '');
}

/** A list of links in a navigation element that was never closed and therefore contains the page as well. */
function isListOfKeptNavigation(node: PageNode, withMain: ReadonlySet<PageNode>): boolean {
  if ((node.tag !== 'ul' && node.tag !== 'ol') || withMain.has(node) || node.parent === undefined) return false;
  return hintOf(node.parent) === 'navigation' && node.links >= 2 && linkShare(node) >= 0.8;
}

/** Links to a heading's own place, links that skip the menu, buttons of one word, line numbers of code. */
function isSmallPart(node: PageNode): boolean {
  const { tag, attributes, words } = node;
  if (tag === 'a') {
    const text = textOf(node, 60);
    return (attributes.get('href')?.startsWith('#') === true && SKIP_LINK.test(text)) || ANCHOR.test(text);
  }
  if (tag === 'button') {
    const opens = attributes.has('aria-expanded') || attributes.has('aria-controls');
    if (words >= (opens ? 2 : 3) || attributes.get('role') === 'tab') return false;
    return ![...around(node)].slice(0, 3).some((outer) => LABELS.has(outer.tag));
  }
  const isNumbers = /(?:^|\s)(?:linenos?|gutter|linenodiv)(?:$|\s)/u.test(attributes.get('class') ?? '');
  return isNumbers && /^[\s\d]*$/u.test(textOf(node));
}

function* besideMain(tree: PageTree, withMain: ReadonlySet<PageNode>): Generator<PageNode> {
  const [main, another] = tree.nodes.filter(
    (node) => (node.tag === 'main' || node.attributes.get('role') === 'main') && isKept(node) && node.words > 0,
  );
  if (main === undefined || another !== undefined || main.words < tree.root.words * LEAST_MAIN_SHARE) return;
  for (const outer of around(main)) {
    for (const child of outer.children) {
      if (typeof child === 'string' || withMain.has(child)) continue;
      if (child.words < SHORT_BESIDE_MAIN || linkShare(child) >= NAVIGATION_LINKS) yield child;
    }
  }
}

function isKept(node: PageNode): boolean {
  return !node.isLeftOut && ![...around(node)].some(({ isLeftOut }) => isLeftOut);
}

function isInMain(node: PageNode): boolean {
  return [...around(node)].some(
    ({ tag, attributes }) => tag === 'main' || tag === 'article' || attributes.get('role') === 'main',
  );
}

function isImprint(node: PageNode): boolean {
  return node.words <= LONGEST_IMPRINT && IMPRINT.test(textOf(node, 2000));
}

function linkShare({ words, linkWords }: PageNode): number {
  return words === 0 ? 0 : linkWords / words;
}
