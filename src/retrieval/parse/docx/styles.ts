import { readOfficeXml } from './read-office-xml.js';

/** What a paragraph's style says of it, styles that it is based on included. */
export interface ParagraphStyle {
  /** Of a heading, from 1 to 9. */
  readonly level?: number;
  /** Of a list; 0 takes an inherited one away. */
  readonly numId?: number;
  readonly listLevel?: number;
  /** The style that gave `numId`: a list's level may name it. */
  readonly numberedBy?: string;
}

interface OwnStyle {
  name?: string;
  basedOn?: string;
  /** From 0 to 8; 9 is text. */
  outline?: number;
  numId?: number;
  listLevel?: number;
}

/** The paragraph styles of a document. */
export interface Styles {
  /** By its id; of a paragraph that names none, the default. */
  of(id: string | undefined): ParagraphStyle;
}

const PLAIN: ParagraphStyle = {};
const BODY_TEXT = 9;

/** @param xml `word/styles.xml`; empty where there is none */
export function readStyles(xml: string): Styles {
  const own = new Map<string, OwnStyle>();
  const known = new Map<string, ParagraphStyle>();
  let current: OwnStyle | undefined;
  let defaultId: string | undefined;
  /** Within what a tracked change says of the format before it. */
  let oldDepth = 0;
  readOfficeXml(xml, {
    onOpen(name, attributes) {
      if (name === 'w:pPrChange') oldDepth++;
      if (oldDepth > 0) return;
      const value = attributes.get('w:val') ?? '';
      switch (name) {
        case 'w:style': {
          const id = attributes.get('w:styleId') ?? '';
          current = {};
          if (!own.has(id)) own.set(id, current);
          const isDefault = /^(?:1|true|on)$/u.test(attributes.get('w:default') ?? '');
          if (isDefault && attributes.get('w:type') === 'paragraph') defaultId ??= id;
          return;
        }
        case 'w:name':
          if (current !== undefined) current.name ??= value;
          return;
        case 'w:basedOn':
          if (current !== undefined) current.basedOn ??= value;
          return;
        case 'w:outlineLvl':
          if (current !== undefined && /^[0-9]$/u.test(value)) current.outline = Number(value);
          return;
        case 'w:numId':
          if (current !== undefined && /^\d+$/u.test(value)) current.numId = Number(value);
          return;
        case 'w:ilvl':
          if (current !== undefined && /^[0-8]$/u.test(value)) current.listLevel = Number(value);
          return;
        default:
      }
    },
    onClose(name) {
      if (name === 'w:pPrChange') oldDepth = Math.max(0, oldDepth - 1);
      else if (name === 'w:style') current = undefined;
    },
    onText: () => undefined,
  });
  return {
    of(id) {
      // A style that is not there is read as the default one, as Word does.
      const asked = id !== undefined && own.has(id) ? id : defaultId;
      return asked === undefined ? PLAIN : resolve(asked, own, known);
    },
  };
}

/** Along the chain of styles without recursion: a hostile chain may be long, or a circle. */
function resolve(id: string, own: ReadonlyMap<string, OwnStyle>, known: Map<string, ParagraphStyle>): ParagraphStyle {
  const chain: string[] = [];
  const seen = new Set<string>();
  let at: string | undefined = id;
  while (at !== undefined && own.has(at) && !known.has(at) && !seen.has(at)) {
    seen.add(at);
    chain.push(at);
    at = own.get(at)?.basedOn;
  }
  let style: ParagraphStyle = (at === undefined ? undefined : known.get(at)) ?? PLAIN;
  for (const name of chain.toReversed()) {
    const { outline, numId, listLevel, name: title } = own.get(name) ?? {};
    const level = outline === undefined ? levelOfName(title) : outline === BODY_TEXT ? 0 : outline + 1;
    style = {
      ...style,
      ...(level !== undefined && { level: level === 0 ? undefined : level }),
      ...(numId !== undefined && { numId, numberedBy: name }),
      ...(listLevel !== undefined && { listLevel }),
    };
    known.set(name, style);
  }
  return style;
}

/** Word gives built-in styles the same names in every language. */
function levelOfName(name: string | undefined): number | undefined {
  const level = /^heading ([1-9])$/iu.exec(name ?? '')?.[1];
  if (level !== undefined) return Number(level);
  return /^title$/iu.test(name ?? '') ? 1 : undefined;
}
