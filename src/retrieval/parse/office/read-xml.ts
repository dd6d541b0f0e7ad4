import { readMarkup } from '../read-markup.js';

/** What `readXml` comes upon, in the order of the file. */
export interface XmlEvents {
  /** Tag and attributes by their local names: writers choose prefixes as they like. */
  readonly onOpen: (tag: string, attributes: ReadonlyMap<string, string>) => void;
  readonly onClose?: (tag: string) => void;
  readonly onText?: (text: string) => void;
}

/** Reads XML from its beginning to its end, without a tree and without namespaces; see `readMarkup`. */
export function readXml(source: string, events: XmlEvents): void {
  readMarkup(
    source,
    { isXml: true },
    {
      wantsAttributes: () => true,
      onOpen: (tag, attributes) => events.onOpen(localName(tag), byLocalName(attributes)),
      onClose: (tag) => events.onClose?.(localName(tag)),
      onText: (text) => events.onText?.(text),
    },
  );
}

function byLocalName(attributes: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  if (![...attributes.keys()].some((name) => name.includes(':'))) return attributes;
  const local = new Map<string, string>();
  for (const [name, value] of attributes) {
    if (name.startsWith('xmlns')) continue;
    const plain = localName(name);
    // `r:id` beside `id` is the one that names another part.
    local.set(plain === 'id' && name !== plain ? 'r:id' : plain, value);
  }
  return local;
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
