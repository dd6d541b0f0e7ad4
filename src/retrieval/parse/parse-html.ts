import type { ParsedText } from './parsed-text.js';
import { readMarkup } from './read-markup.js';
import { ReadableText } from './readable-text.js';

/** Elements whose content is not for readers, and that may stand in the middle of a line. */
const INLINE_UNREAD = new Set([
  'script',
  'style',
  'noscript',
  'template',
  'svg',
  'math',
  'iframe',
  'object',
  'button',
  'select',
]);
/** All whose content is not for readers. */
const UNREAD = new Set([...INLINE_UNREAD, 'textarea', 'dialog']);
/** Elements around what a page is about. */
const AROUND = new Set(['nav', 'aside', 'footer', 'form', 'menu']);
/** Elements that begin and end a block; `br`, `li`, `tr`, `td` and others are handled one by one. */
const BLOCKS = new Set(
  (
    'address article blockquote body caption dd details div dl dt fieldset figcaption figure header hgroup hr html main ol p section ' +
    'summary table tbody tfoot thead ul'
  ).split(' '),
);
const HEADING = /^h([1-6])$/u;
const NAVIGATION_ROLES = new Set(['navigation', 'banner', 'contentinfo', 'search', 'complementary']);
/** A main part with less than this much of the text is none: some pages mark up a teaser as their article. */
const LEAST_MAIN_SHARE = 0.3;

interface Page extends ParsedText {
  /** Of the text in `<main>`, or in `<article>`. */
  readonly hasMain: boolean;
}

/**
 * What a reader sees of an HTML page: its main part where it says which, without navigation, scripts and styles; headings, list items,
 * table rows and preformatted text on lines of their own.
 */
export function parseHtml(html: string): ParsedText {
  const whole = readPage(html, { onlyMain: false, withNavigation: false });
  if (whole.hasMain) {
    const main = readPage(html, { onlyMain: true, withNavigation: false });
    if (main.text.length >= whole.text.length * LEAST_MAIN_SHARE) return main;
  }
  // A page that is all navigation, or leaves a `<nav>` open: better its links than nothing.
  return whole.text === '' ? readPage(html, { onlyMain: false, withNavigation: true }) : whole;
}

function readPage(html: string, options: { readonly onlyMain: boolean; readonly withNavigation: boolean }): Page {
  const { onlyMain, withNavigation } = options;
  const readable = new ReadableText();
  let title = '';
  let isTitle = false;
  /** Undefined outside of one; else its name and how many of that name are open. */
  let skipped: { readonly tag: string; depth: number } | undefined;
  let mainDepth = 0;
  let hasMain = false;
  let heading: number | undefined;
  let isPreformatted = false;
  let line = '';
  /** Whether the line stands right below the one before. */
  let isTight = false;
  let cells = 0;
  let listDepth = 0;
  /** Whether the next item or row is the first. */
  let isFirst = false;

  const flush = (): void => {
    if (heading !== undefined) readable.heading(heading, line);
    else if (isPreformatted) {
      const code = line.replace(/^\n|\s+$/gu, '');
      if (code !== '') readable.block(`\`\`\`\n${code}\n\`\`\``);
    } else {
      const text = line
        .replace(/[^\S\n]+/gu, ' ')
        .replace(/ ?\n ?/gu, '\n')
        .trim();
      // The mark of an item without text.
      if (text !== '-' && text !== '') readable[isTight ? 'line' : 'block'](text);
    }
    line = '';
    isTight = false;
    cells = 0;
  };

  readMarkup(
    html,
    { isXml: false },
    {
      wantsAttributes: (tag) => tag === 'div' || tag === 'section' || tag === 'header' || tag === 'ul',
      onOpen(tag, attributes) {
        if (skipped !== undefined) {
          if (tag === skipped.tag) skipped.depth++;
          return;
        }
        const isAround =
          AROUND.has(tag) || NAVIGATION_ROLES.has(attributes.get('role') ?? '') || attributes.has('hidden');
        if (UNREAD.has(tag) || (isAround && !withNavigation)) {
          if (!INLINE_UNREAD.has(tag)) flush();
          skipped = { tag, depth: 1 };
          return;
        }
        if (tag === 'title') {
          isTitle = title === '';
          return;
        }
        if (tag === 'main' || tag === 'article') {
          flush();
          if (onlyMain && mainDepth === 0) line = '';
          mainDepth++;
          hasMain = true;
          return;
        }
        if (isPreformatted && tag !== 'pre') {
          if (tag === 'br') line += '\n';
          return;
        }
        const level = HEADING.exec(tag)?.[1];
        if (level !== undefined) {
          flush();
          heading = Number(level);
        } else if (tag === 'pre') {
          flush();
          isPreformatted = true;
        } else if (tag === 'br') line += '\n';
        else if (tag === 'li') {
          flush();
          line = '- ';
          isTight = !isFirst;
          isFirst = false;
        } else if (tag === 'tr') {
          flush();
          isTight = !isFirst;
          isFirst = false;
        } else if (tag === 'td' || tag === 'th') {
          if (cells++ > 0 || line !== '') line += ' | ';
        } else if (BLOCKS.has(tag)) {
          // The paragraph within an item goes on in the item's line; the one within a cell in its row.
          if (cells === 0 && line !== '- ') flush();
          else line += ' ';
          if (tag === 'table' || ((tag === 'ul' || tag === 'ol') && listDepth++ === 0)) isFirst = true;
        }
      },
      onClose(tag) {
        if (skipped !== undefined) {
          if (tag === skipped.tag && --skipped.depth === 0) skipped = undefined;
          return;
        }
        if (tag === 'title') isTitle = false;
        else if (tag === 'main' || tag === 'article') {
          flush();
          mainDepth = Math.max(0, mainDepth - 1);
        } else if (HEADING.test(tag)) {
          flush();
          heading = undefined;
        } else if (tag === 'pre') {
          flush();
          isPreformatted = false;
        } else if (tag === 'li' || tag === 'tr' || tag === 'table') flush();
        else if (BLOCKS.has(tag) && !isPreformatted) {
          if (tag === 'ul' || tag === 'ol') listDepth = Math.max(0, listDepth - 1);
          if (cells === 0) flush();
          else line += ' ';
        }
      },
      onText(text) {
        if (isTitle) title += text;
        else if (skipped === undefined && !(onlyMain && mainDepth === 0)) {
          line += isPreformatted ? text : text.replace(/\s+/gu, ' ');
        }
      },
    },
  );
  flush();
  return { ...readable.finish(), hasMain, title: title.replace(/\s+/gu, ' ').trim() };
}
