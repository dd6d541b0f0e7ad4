import { readMarkup } from '../read-markup.js';

/** Events of `readOfficeXml`, in the order of the file. */
export interface OfficeXmlEvents {
  /** Names use the prefixes of `PREFIXES`, whichever the file uses. Attributes without a prefix have none here either. */
  readonly onOpen: (name: string, attributes: ReadonlyMap<string, string>) => void;
  readonly onClose: (name: string) => void;
  /** One text may arrive in several pieces. */
  readonly onText: (text: string) => void;
}

/** Namespaces by their usual prefix: transitional, then strict. source: ISO/IEC 29500-1 and 29500-4, annexes A */
const PREFIXES: ReadonlyMap<string, string> = new Map([
  ['http://schemas.openxmlformats.org/wordprocessingml/2006/main', 'w'],
  ['http://purl.oclc.org/ooxml/wordprocessingml/main', 'w'],
  ['http://schemas.openxmlformats.org/officeDocument/2006/math', 'm'],
  ['http://purl.oclc.org/ooxml/officeDocument/math', 'm'],
  ['http://schemas.openxmlformats.org/drawingml/2006/main', 'a'],
  ['http://purl.oclc.org/ooxml/drawingml/main', 'a'],
  ['http://schemas.openxmlformats.org/markup-compatibility/2006', 'mc'],
  ['http://schemas.openxmlformats.org/officeDocument/2006/relationships', 'r'],
  ['http://purl.oclc.org/ooxml/officeDocument/relationships', 'r'],
  ['http://schemas.openxmlformats.org/package/2006/relationships', ''],
  ['http://purl.org/dc/elements/1.1/', 'dc'],
  ['urn:schemas-microsoft-com:vml', 'v'],
]);
/** Prefix for elements of unknown namespaces, so that they are not confused with known ones. */
const OTHER = '?';

/**
 * Reads a part of an Office document. Identifies elements by namespace, as the standard requires; an undeclared prefix is assumed to have
 * its usual meaning. Takes time proportional to the part's length.
 */
export function readOfficeXml(source: string, events: OfficeXmlEvents): void {
  /** Current meanings of each prefix, the innermost declaration last. */
  const declared = new Map<string, string[]>();
  /** Prefixes declared by open elements, with the depth of the element. */
  const frames: { readonly depth: number; readonly prefixes: readonly string[] }[] = [];
  let depth = 0;
  const canonical = (name: string, isAttribute: boolean): string => {
    const colon = name.indexOf(':');
    // The default namespace does not apply to attributes.
    if (isAttribute && colon === -1) return name;
    const meaning = declared.get(colon === -1 ? '' : name.slice(0, colon))?.at(-1);
    if (meaning === undefined) return name;
    return meaning === '' ? name.slice(colon + 1) : `${meaning}:${name.slice(colon + 1)}`;
  };
  readMarkup(
    source,
    { isXml: true },
    {
      wantsAttributes: () => true,
      onOpen(tag, attributes) {
        depth++;
        const prefixes: string[] = [];
        for (const [name, value] of attributes) {
          if (name !== 'xmlns' && !name.startsWith('xmlns:')) continue;
          const prefix = name.slice(6);
          const meanings = declared.get(prefix) ?? [];
          meanings.push(PREFIXES.get(value.trim()) ?? OTHER);
          declared.set(prefix, meanings);
          prefixes.push(prefix);
        }
        if (prefixes.length > 0) frames.push({ depth, prefixes });
        const own = new Map<string, string>();
        for (const [name, value] of attributes) own.set(canonical(name, true), value);
        events.onOpen(canonical(tag, false), own);
      },
      onClose(tag) {
        events.onClose(canonical(tag, false));
        if (frames.at(-1)?.depth === depth) {
          for (const prefix of frames.pop()?.prefixes ?? []) declared.get(prefix)?.pop();
        }
        depth = Math.max(0, depth - 1);
      },
      onText: events.onText,
    },
  );
}

/** Whether a property is on: it is if it is present, unless its value says otherwise. source: ISO/IEC 29500-1, 22.9.2.7 */
export function isOn(attributes: ReadonlyMap<string, string>): boolean {
  const value = attributes.get('w:val');
  return value === undefined || !/^(?:0|false|off)$/u.test(value);
}
