import { Tokenizer } from 'htmlparser2';

export interface MarkupEvents {
  /** Tag in lower case in HTML, as written in XML. Attributes are read where `wantsAttributes` said so, else there are none. */
  readonly onOpen: (tag: string, attributes: ReadonlyMap<string, string>) => void;
  readonly onClose: (tag: string) => void;
  /** With entities decoded; one text may come in several pieces. */
  readonly onText: (text: string) => void;
  readonly wantsAttributes?: (tag: string) => boolean;
}

const NONE: ReadonlyMap<string, string> = new Map();

/**
 * Reads HTML or XML from its beginning to its end without building a tree, so that neither depth nor tags that are never closed cost
 * anything. Entities that an XML document declares itself are not expanded.
 */
export function readMarkup(source: string, options: { readonly isXml: boolean }, events: MarkupEvents): void {
  const { isXml } = options;
  let tag = '';
  let attributes: Map<string, string> | undefined;
  let name = '';
  let value = '';
  const open = (): void => events.onOpen(tag, attributes ?? NONE);
  const nameAt = (start: number, end: number): string => {
    const text = source.slice(start, end);
    return isXml ? text : text.toLowerCase();
  };
  const tokenizer = new Tokenizer(
    { xmlMode: isXml, decodeEntities: true },
    {
      onopentagname: (start, end) => {
        tag = nameAt(start, end);
        attributes = events.wantsAttributes?.(tag) === true ? new Map() : undefined;
      },
      onattribname: (start, end) => {
        name = nameAt(start, end);
        value = '';
      },
      onattribdata: (start, end) => void (value += attributes === undefined ? '' : source.slice(start, end)),
      onattribentity: (code) => void (value += attributes === undefined ? '' : String.fromCodePoint(code)),
      onattribend: () => {
        if (attributes?.has(name) === false) attributes.set(name, value);
      },
      onopentagend: open,
      onselfclosingtag: () => {
        open();
        // HTML's own elements are not closed by this.
        if (isXml || tag === 'svg' || tag === 'math') events.onClose(tag);
      },
      onclosetag: (start, end) => events.onClose(nameAt(start, end)),
      ontext: (start, end) => events.onText(source.slice(start, end)),
      ontextentity: (code) => events.onText(String.fromCodePoint(code)),
      oncdata: (start, end, endOffset) => void (isXml && events.onText(source.slice(start, end - endOffset))),
      oncomment: () => undefined,
      ondeclaration: () => undefined,
      onprocessinginstruction: () => undefined,
      onend: () => undefined,
    },
  );
  tokenizer.write(source);
  tokenizer.end();
}
