import { measure, type PageNode, type PageTree } from './page-tree.js';

/** Elements with content for programs, or with a replacement for content that cannot be shown. */
const UNREAD = new Set(
  'script style noscript template svg iframe object select datalist audio video canvas title'.split(' '),
);
const NOT_DISPLAYED =
  /(?:^|;)\s{0,50}(?:display\s{0,50}:\s{0,50}none|visibility\s{0,50}:\s{0,50}(?:hidden|collapse))\s{0,50}(?:[;!]|$)/iu;
/** An `aria-hidden` element with at least this share of the words is not left out: it is the page itself, behind a message. */
const MOST_HIDDEN_SHARE = 0.5;

/**
 * Leaves out invisible elements, by tag, by `hidden`, by `aria-hidden`, and by their own styles. Keeps elements that a button or tab opens,
 * and a page whose whole body is hidden until its scripts have run.
 */
export function leaveOutHidden(tree: PageTree): void {
  for (const node of tree.nodes) node.isLeftOut = UNREAD.has(node.tag);
  measure(tree);
  const controlled = new Set(
    tree.nodes.flatMap(({ attributes }) => attributes.get('aria-controls')?.split(/\s+/u) ?? []),
  );
  const words = tree.root.words;
  for (const node of tree.nodes) {
    if (node.tag === 'html' || node.tag === 'body' || node.isLeftOut) continue;
    node.isLeftOut = isHidden(node) && !mayBeOpened(node, controlled) && !standsForImage(node);
    if (!node.isLeftOut && node.attributes.get('aria-hidden') === 'true') {
      node.isLeftOut = node.words < words * MOST_HIDDEN_SHARE || node.words === 0;
    }
  }
}

function isHidden({ tag, attributes }: PageNode): boolean {
  const hidden = attributes.get('hidden')?.toLowerCase();
  if (hidden !== undefined && hidden !== 'until-found') return true;
  if (tag === 'dialog' && !attributes.has('open')) return true;
  return NOT_DISPLAYED.test(attributes.get('style') ?? '');
}

function mayBeOpened({ attributes }: PageNode, controlled: ReadonlySet<string>): boolean {
  return attributes.get('role') === 'tabpanel' || controlled.has(attributes.get('id') ?? '');
}

/** A hidden formula beside its image, as in Wikipedia, which says what the image shows. */
function standsForImage({ children }: PageNode): boolean {
  return (
    children.length > 0 &&
    children.every((child) => (typeof child === 'string' ? child.trim() === '' : child.tag === 'math'))
  );
}
