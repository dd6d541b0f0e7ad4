import { Tokenizer } from 'htmlparser2';

export interface MarkupEvents {
  /** Tag in lower case in HTML, as written in XML. Attributes are read where `wantsAttributes` said so, else there are none. */
  readonly onOpen: (tag: string, attributes: ReadonlyMap<string, string>) => void;
  readonly onClose: (tag: string) => void;
  /** With entities decoded; one text may come in several pieces. */
  readonly onText: (text: string) => void;
  readonly wantsAttributes?: (tag: string) => boolean;
  /** Of any tag, instead: names of the attributes that are read. */
  readonly attributes?: readonly string[];
}

/** What a script holds is no markup: one that closes itself would hide the page up to the end of the next one. */
const RAW_CLOSING_ITSELF = /<(script|style|title|textarea|iframe|xmp|noembed|noframes)\b[^<>]{0,2000}\/>/giu;
/** In which every element may close itself. */
const XHTML = /^\uFEFF?\s{0,1000}<\?xml\b|<html\b[^>]{0,1000}\bxmlns\s*=/iu;
const PROLOGUE_CHARACTERS = 4000;

const NONE: ReadonlyMap<string, string> = new Map();

/**
 * Reads HTML or XML from its beginning to its end without building a tree, so that neither depth nor tags that are never closed cost
 * anything. Entities that an XML document declares itself are not expanded.
 */
export function readMarkup(source: string, options: { readonly isXml: boolean }, events: MarkupEvents): void {
  const { isXml } = options;
  const isXhtml = !isXml && (XHTML.test(source.slice(0, PROLOGUE_CHARACTERS)) || leavesRawOpen(source));
  const wanted = events.attributes === undefined ? undefined : new Set(events.attributes);
  let tag = '';
  let attributes: Map<string, string> | undefined;
  let areWanted = false;
  let name = '';
  let value = '';
  const open = (): void => events.onOpen(tag, attributes ?? NONE);
  const nameAt = (start: number, end: number): string => {
    const text = source.slice(start, end);
    return isXml ? text : text.toLowerCase();
  };
  const tokenizer = new Tokenizer(
    { xmlMode: isXml, decodeEntities: true, recognizeSelfClosing: isXml || isXhtml },
    {
      onopentagname: (start, end) => {
        tag = nameAt(start, end);
        attributes = undefined;
        areWanted = wanted !== undefined || events.wantsAttributes?.(tag) === true;
      },
      onattribname: (start, end) => {
        name = nameAt(start, end);
        value = '';
      },
      onattribdata: (start, end) => void (value += areWanted ? source.slice(start, end) : ''),
      onattribentity: (code) => void (value += areWanted ? String.fromCodePoint(code) : ''),
      onattribend: () => {
        if (!areWanted || wanted?.has(name) === false || attributes?.has(name) === true) return;
        attributes ??= new Map();
        attributes.set(name, value);
      },
      onopentagend: open,
      onselfclosingtag: () => {
        open();
        // HTML's own elements are not closed by this, but pages that are both HTML and XML rely on it.
        if (isXml || isXhtml || tag === 'svg' || tag === 'math') events.onClose(tag);
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

/** Whether one that closes itself has no closing tag behind it: whoever wrote that meant what is written. */
function leavesRawOpen(source: string): boolean {
  const last = new Map<string, number>();
  for (const { 1: tag = '', index } of source.matchAll(RAW_CLOSING_ITSELF)) last.set(tag.toLowerCase(), index);
  return Array.from(last).some(([tag, index]) => !new RegExp(`</${tag}`, 'iu').test(source.slice(index)));
}
