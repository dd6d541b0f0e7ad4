import { readXml } from './read-xml.js';

/**
 * Names of the styles that hide sheets or slides.
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

/** End of the styles, which precede the body; the body may be long. */
function endOfStyles(xml: string): number {
  const body = /<(?:[\w-]{1,50}:)?body[\s>]/u.exec(xml);
  return body?.index ?? xml.length;
}
