import { readOfficeXml } from './read-office-xml.js';

/** Properties from a paragraph's style, including the styles that it is based on. */
export interface ParagraphStyle {
  /** Level of a heading, 1 to 9. */
  readonly level?: number;
  /** Number of a list; 0 removes an inherited one. */
  readonly numId?: number;
  readonly listLevel?: number;
  /** The style that set `numId`; a level of the list may refer to it. */
  readonly numberedBy?: string;
}

interface OwnStyle {
  name?: string;
  basedOn?: string;
  /** 0 to 8; 9 is body text. */
  outline?: number;
  numId?: number;
  listLevel?: number;
}

/** The paragraph styles of a document. */
export interface Styles {
  /** The style with this id; for undefined or an unknown id, the default style. */
  of(id: string | undefined): ParagraphStyle;
}

const PLAIN: ParagraphStyle = {};
const BODY_TEXT = 9;

/** @param xml `word/styles.xml`; empty if there is none */
export function readStyles(xml: string): Styles {
  const own = new Map<string, OwnStyle>();
  const known = new Map<string, ParagraphStyle>();
  let current: OwnStyle | undefined;
  let defaultId: string | undefined;
  /** Depth within the old formatting of a tracked change. */
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
      // Word treats a missing style as the default one.
      const asked = id !== undefined && own.has(id) ? id : defaultId;
      return asked === undefined ? PLAIN : resolve(asked, own, known);
    },
  };
}

/** Resolves the chain of styles without recursion, because a hostile chain may be long or circular. */
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

/** Word's built-in styles have the same names in every language. */
function levelOfName(name: string | undefined): number | undefined {
  const level = /^heading ([1-9])$/iu.exec(name ?? '')?.[1];
  if (level !== undefined) return Number(level);
  return /^title$/iu.test(name ?? '') ? 1 : undefined;
}
