import type { ParsedText } from '../parsed-text.js';
import { ReadableText } from '../readable-text.js';
import { HEADING, isBlock } from './block-tags.js';
import { ItemMarks } from './item-marks.js';
import { layoutTables } from './layout-tables.js';
import { mathText } from './math-text.js';
import { PageTables } from './page-tables.js';
import type { PageNode, PageTree } from './page-tree.js';
import { runningText, sourceText, visible } from './running-text.js';

/** Elements that are separated by a space from their neighbours in the same line. */
const APART = new Set(['button', 'label', 'option', 'textarea']);
/** Pronunciation guides beside a word. They are left out, because otherwise a search would not find the word. */
const READINGS = new Set(['rt', 'rp', 'rtc']);
/** A heading with more words was left open and contains the page. */
const LONGEST_HEADING = 100;

/** The text of a page without the parts that are left out: headings, list items, table rows and preformatted text on separate lines. */
export function writePage(tree: PageTree): Omit<ParsedText, 'title'> {
  const page = new PageWriter(layoutTables(tree));
  page.write(tree.root);
  return page.finish();
}

class PageWriter {
  private readonly readable = new ReadableText();
  private readonly tables = new PageTables();
  private readonly marks = new ItemMarks();
  private heading: number | undefined;
  private isPreformatted = false;
  private line = '';
  /** Mark of the list item that the line began with. */
  private mark = '';
  /** Whether the line directly follows the previous one. */
  private isTight = false;
  /** Number of cells of the current row. */
  private cells = 0;
  private row: PageNode | undefined;
  private listDepth = 0;
  /** Whether the next item or row is the first one. */
  private isFirst = false;

  constructor(private readonly layouts: ReadonlySet<PageNode>) {}

  /** Recursive, because the depth of pages is limited: see `readPageTree`. */
  write(node: PageNode, isLayout = false): void {
    if (node.isLeftOut || READINGS.has(node.tag)) return;
    const { tag } = node;
    if (tag === 'math') {
      this.line += ` ${mathText(node)} `;
      return;
    }
    const isWithinLayout = tag === 'table' ? this.layouts.has(node) : isLayout;
    this.open(node, isWithinLayout);
    for (const child of node.children) {
      if (typeof child === 'string') this.line += this.isPreformatted ? visible(child) : sourceText(child);
      else this.write(child, isWithinLayout);
    }
    this.close(node, isWithinLayout);
  }

  finish(): Omit<ParsedText, 'title'> {
    this.flush();
    this.tables.end();
    const { found } = this.tables;
    return { ...this.readable.finish(), ...(found.length > 0 && { tables: found }) };
  }

  private open(node: PageNode, isLayout: boolean): void {
    const { tag } = node;
    if (tag === 'br') this.line += '\n';
    else if (this.isPreformatted) this.apartInCode(tag);
    else if (isHeading(node)) {
      this.flush();
      this.heading = Number(tag[1]);
    } else if (tag === 'pre') {
      this.flush();
      this.isPreformatted = true;
    } else if (this.heading !== undefined) this.apart(tag);
    else if (tag === 'li' || (tag === 'tr' && !isLayout)) this.beginLine(node);
    else if ((tag === 'td' || tag === 'th') && !isLayout) {
      if (this.cells++ > 0 || this.line !== '') this.line += ' | ';
    } else if (isBlock(tag)) {
      this.beginBlock();
      if (tag === 'table') {
        if (isLayout) this.tables.end();
        else this.tables.begin();
      }
      if (tag === 'table' || ((tag === 'ul' || tag === 'ol') && this.listDepth++ === 0)) this.isFirst = true;
    } else this.apart(tag);
  }

  private close(node: PageNode, isLayout: boolean): void {
    const { tag } = node;
    if (isHeading(node) && this.heading !== undefined) {
      this.flush();
      this.heading = undefined;
    } else if (tag === 'pre' && this.isPreformatted) {
      this.flush();
      this.isPreformatted = false;
    } else if (this.isPreformatted) this.apartInCode(tag);
    else if (this.heading !== undefined) this.apart(tag);
    else if (tag === 'li' && this.cells > 0) this.line += ' ';
    else if (tag === 'li' || tag === 'table' || (tag === 'tr' && !isLayout)) {
      this.flush();
      if (tag === 'table') this.tables.end();
    } else if (isBlock(tag) && !((tag === 'td' || tag === 'th') && !isLayout)) {
      if (tag === 'ul' || tag === 'ol') this.listDepth = Math.max(0, this.listDepth - 1);
      if (this.cells === 0) this.flush();
      else this.line += ' ';
    } else this.apart(tag);
  }

  private beginLine(node: PageNode): void {
    const isItem = node.tag === 'li';
    // A list in a cell is part of its row.
    if (isItem && this.cells > 0) {
      this.line += node.parent?.tag === 'ol' ? ` ${this.marks.of(node)}` : ' ';
      return;
    }
    this.flush();
    if (isItem) this.mark = this.marks.of(node);
    else this.row = node;
    this.line = this.mark;
    this.isTight = !this.isFirst;
    this.isFirst = false;
  }

  private beginBlock(): void {
    // A paragraph within an item continues the item's line; a paragraph within a cell continues its row.
    if (this.cells === 0 && !this.isMarkAlone(this.line)) this.flush();
    else this.line += ' ';
  }

  private apart(tag: string): void {
    if (APART.has(tag) || isBlock(tag) || tag === 'li') this.line += ' ';
  }

  private apartInCode(tag: string): void {
    if ((isBlock(tag) || tag === 'li') && this.line !== '' && !this.line.endsWith('\n')) this.line += '\n';
  }

  private flush(): void {
    if (this.line !== '') this.writeLine();
    this.line = '';
    this.mark = '';
    this.row = undefined;
    this.isTight = false;
    this.cells = 0;
  }

  private writeLine(): void {
    if (this.isPreformatted) {
      const code = this.line.replace(/^\n/u, '').trimEnd();
      if (code !== '') this.readable.block(`\`\`\`\n${code}\n\`\`\``);
    } else {
      const text = runningText(this.line);
      if (this.heading !== undefined) this.readable.heading(this.heading, text);
      // The mark of an item without text is not written.
      else if (text !== '' && !this.isMarkAlone(text)) {
        this.readable[this.isTight ? 'line' : 'block'](text);
        if (this.row !== undefined && this.cells > 0) this.tables.row(this.row, this.readable.last);
      }
    }
  }

  private isMarkAlone(line: string): boolean {
    return this.mark !== '' && line.trim() === this.mark.trim();
  }
}

function isHeading({ tag, words }: PageNode): boolean {
  return HEADING.test(tag) && words <= LONGEST_HEADING;
}
