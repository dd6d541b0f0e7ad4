import { Tokenizer } from 'htmlparser2';

export interface MarkupEvents {
  /**
   * The tag is in lower case for HTML, and as written for XML. `attributes` is empty unless `wantsAttributes` returned true for the tag, or
   * `attributes` names some.
   */
  readonly onOpen: (tag: string, attributes: ReadonlyMap<string, string>) => void;
  readonly onClose: (tag: string) => void;
  /** Entities are decoded. One text may arrive in several pieces. */
  readonly onText: (text: string) => void;
  readonly wantsAttributes?: (tag: string) => boolean;
  /** Instead of `wantsAttributes`: names of the attributes to read, for every tag. */
  readonly attributes?: readonly string[];
}

/** The content of these elements is not markup. A self-closing one would hide the page up to the end of the next one. */
const RAW_CLOSING_ITSELF = /<(script|style|title|textarea|iframe|xmp|noembed|noframes)\b[^<>]{0,2000}\/>/giu;
/** In XHTML, every element may be self-closing. */
const XHTML = /^\uFEFF?\s{0,1000}<\?xml\b|<html\b[^>]{0,1000}\bxmlns\s*=/iu;
const PROLOGUE_CHARACTERS = 4000;

const NONE: ReadonlyMap<string, string> = new Map();

/**
 * Reads HTML or XML from beginning to end without building a tree, so that neither depth nor unclosed tags cost anything. Does not expand
 * entities that an XML document declares itself.
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
        // HTML itself ignores a self-closing slash, but pages that are both HTML and XML rely on it.
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

/** Whether a self-closing element of this kind has no closing tag after it: then the author meant it to be self-closing. */
function leavesRawOpen(source: string): boolean {
  const last = new Map<string, number>();
  for (const { 1: tag = '', index } of source.matchAll(RAW_CLOSING_ITSELF)) last.set(tag.toLowerCase(), index);
  return Array.from(last).some(([tag, index]) => !new RegExp(`</${tag}`, 'iu').test(source.slice(index)));
}
