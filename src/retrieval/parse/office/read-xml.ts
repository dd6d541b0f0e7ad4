import { readMarkup } from '../read-markup.js';

/** Events of `readXml`, in the order of the file. */
export interface XmlEvents {
  /** Tag and attributes have their local names, because programs choose prefixes freely. */
  readonly onOpen: (tag: string, attributes: ReadonlyMap<string, string>) => void;
  readonly onClose?: (tag: string) => void;
  readonly onText?: (text: string) => void;
}

/** Reads XML from beginning to end, without a tree and without namespaces; see `readMarkup`. */
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
    // If there are both `id` and `r:id`, the latter refers to another part.
    local.set(plain === 'id' && name !== plain ? 'r:id' : plain, value);
  }
  return local;
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
