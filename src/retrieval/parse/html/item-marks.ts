import type { PageNode } from './page-tree.js';

/** The marks of list items: Arabic numerals, counted as browsers do, or a dash. */
export class ItemMarks {
  private readonly next = new Map<PageNode, number>();

  of(item: PageNode): string {
    const list = item.parent;
    if (list?.tag !== 'ol') return '- ';
    const own = wholeNumber(item.attributes.get('value'));
    const number = own ?? this.next.get(list) ?? firstOf(list);
    this.next.set(list, number + (list.attributes.has('reversed') ? -1 : 1));
    return `${number}. `;
  }
}

/** source: the HTML standard, "starting value" */
function firstOf({ attributes, children }: PageNode): number {
  const start = wholeNumber(attributes.get('start'));
  if (start !== undefined) return start;
  if (!attributes.has('reversed')) return 1;
  return children.filter((child) => typeof child !== 'string' && child.tag === 'li').length;
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\s{0,20}-?\d{1,9}\s{0,20}$/u.test(text) ? Number(text) : undefined;
}
