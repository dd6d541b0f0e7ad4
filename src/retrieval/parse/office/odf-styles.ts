import { readXml } from './read-xml.js';

/**
 * The names of styles that hide what has them: sheets that are not displayed, slides that are not shown.
 *
 * source: OpenDocument 1.3, part 3, `table:display` and `presentation:visibility`
 */
export function hiddenStyles(xml: string): ReadonlySet<string> {
  const hidden = new Set<string>();
  let style = '';
  readXml(xml.slice(0, endOfStyles(xml)), {
    onOpen(tag, attributes) {
      if (tag === 'style') style = attributes.get('name') ?? '';
      const hides =
        (tag === 'table-properties' && attributes.get('display') === 'false') ||
        (tag === 'drawing-page-properties' && attributes.get('visibility') === 'hidden');
      if (hides && style !== '') hidden.add(style);
    },
  });
  return hidden;
}

/** The styles stand before the body, which may be long. */
function endOfStyles(xml: string): number {
  const body = /<(?:[\w-]{1,50}:)?body[\s>]/u.exec(xml);
  return body?.index ?? xml.length;
}
