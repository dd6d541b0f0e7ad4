import { formatNumber } from './number-formats.js';
import { isOn, readOfficeXml } from './read-office-xml.js';
import type { Styles } from './styles.js';

/** Mark of items that have no number. */
const BULLET = '-';
const LEVELS = 9;
const MAX_NUMBER = 32_767;
/** Maximum length of a label; normal ones have a few characters and the numbers. */
const MAX_LABEL = 200;

interface Level {
  start: number;
  format: string;
  /** Text of the label, with `%1` to `%9` for the numbers of the levels. */
  text: string;
  /** Numbering restarts after this level or a higher one; 0: never. Default: after the level above. */
  restart?: number;
  /** Shows all numbers in decimal, as in laws. */
  isLegal: boolean;
  style?: string;
}

interface AbstractList {
  readonly levels: Map<number, Level>;
  /** Name of the style that refers to the actual list. */
  numStyleLink?: string;
  /** Current number of each level. */
  readonly counts: (number | undefined)[];
}

interface List {
  abstractId?: string;
  readonly starts: Map<number, number>;
  readonly levels: Map<number, Level>;
  isUsed: boolean;
}

/** The lists of a document, which number their paragraphs. */
export interface Numbering {
  /**
   * Counts a paragraph of a list. Call it in document order.
   *
   * @param level from 0; default: the level that names the style, otherwise the first
   * @returns the label; empty if the list shows none
   */
  next(numId: number, level: number | undefined, style?: string): string;
}

/** @param xml `word/numbering.xml`; empty if there is none, in which case all items have bullets */
export function readNumbering(xml: string, styles: Styles): Numbering {
  const { abstracts, lists } = readLists(xml);
  const listOf = (numId: number): { readonly list: List; readonly abstract: AbstractList } | undefined => {
    let list = lists.get(numId);
    let abstract = abstracts.get(list?.abstractId ?? '');
    // The list is given by the name of a style. One step suffices, because links to links are not allowed.
    if (abstract?.numStyleLink !== undefined && abstract.levels.size === 0) {
      list = lists.get(styles.of(abstract.numStyleLink).numId ?? -1) ?? list;
      abstract = abstracts.get(list?.abstractId ?? '');
    }
    return list === undefined || abstract === undefined ? undefined : { list, abstract };
  };
  return {
    next(numId, askedLevel, style) {
      const found = listOf(numId);
      if (found === undefined) return BULLET;
      const { list, abstract } = found;
      const levelAt = (at: number): Level | undefined => list.levels.get(at) ?? abstract.levels.get(at);
      const startAt = (at: number): number => list.starts.get(at) ?? levelAt(at)?.start ?? 1;
      const { counts } = abstract;
      if (!list.isUsed) {
        list.isUsed = true;
        for (const at of list.starts.keys()) counts[at] = undefined;
      }
      const at = askedLevel ?? levelOfStyle(style, list, abstract) ?? 0;
      counts[at] = Math.min(counts[at] === undefined ? startAt(at) : counts[at] + 1, MAX_NUMBER);
      for (let below = at + 1; below < LEVELS; below++) {
        const restart = levelAt(below)?.restart;
        if (restart === undefined || at < restart) counts[below] = undefined;
      }
      const level = levelAt(at);
      if (level === undefined || level.format === 'bullet') return BULLET;
      return level.text
        .replace(/%([1-9])/gu, (_, digit: string) => {
          const place = Number(digit) - 1;
          const format = level.isLegal ? 'decimal' : (levelAt(place)?.format ?? 'decimal');
          return formatNumber(counts[place] ?? startAt(place), format);
        })
        .slice(0, MAX_LABEL)
        .trim();
    },
  };
}

function levelOfStyle(style: string | undefined, list: List, abstract: AbstractList): number | undefined {
  if (style === undefined) return undefined;
  for (const levels of [list.levels, abstract.levels]) {
    for (const [at, level] of levels) if (level.style === style) return at;
  }
  return undefined;
}

function readLists(xml: string): { abstracts: Map<string, AbstractList>; lists: Map<number, List> } {
  const abstracts = new Map<string, AbstractList>();
  const lists = new Map<number, List>();
  let abstract: AbstractList | undefined;
  let list: List | undefined;
  let level: Level | undefined;
  let overridden = 0;
  readOfficeXml(xml, {
    onOpen(name, attributes) {
      const value = attributes.get('w:val') ?? '';
      switch (name) {
        case 'w:abstractNum':
          abstract = { levels: new Map(), counts: [] };
          abstracts.set(attributes.get('w:abstractNumId') ?? '', abstract);
          return;
        case 'w:num':
          list = { starts: new Map(), levels: new Map(), isUsed: false };
          lists.set(Number(attributes.get('w:numId')), list);
          return;
        case 'w:abstractNumId':
          if (list !== undefined) list.abstractId = value;
          return;
        case 'w:numStyleLink':
          if (abstract !== undefined) abstract.numStyleLink = value;
          return;
        case 'w:lvlOverride':
          overridden = levelNumber(attributes.get('w:ilvl'));
          return;
        case 'w:startOverride':
          list?.starts.set(overridden, numberOf(value));
          return;
        case 'w:lvl':
          level = { start: 0, format: 'decimal', text: '', isLegal: false };
          (list ?? abstract)?.levels.set(levelNumber(attributes.get('w:ilvl')), level);
          return;
        default:
          if (level !== undefined) setLevel(level, name, attributes);
      }
    },
    onClose(name) {
      if (name === 'w:lvl') level = undefined;
      else if (name === 'w:num') list = undefined;
      else if (name === 'w:abstractNum') abstract = undefined;
    },
    onText: () => undefined,
  });
  return { abstracts, lists };
}

function setLevel(level: Level, name: string, attributes: ReadonlyMap<string, string>): void {
  const value = attributes.get('w:val') ?? '';
  switch (name) {
    case 'w:start':
      level.start = numberOf(value);
      return;
    case 'w:numFmt':
      level.format = value;
      return;
    case 'w:lvlText':
      level.text = value;
      return;
    case 'w:lvlRestart':
      level.restart = numberOf(value);
      return;
    case 'w:isLgl':
      level.isLegal = isOn(attributes);
      return;
    case 'w:pStyle':
      level.style = value;
      return;
    default:
  }
}

function levelNumber(value: string | undefined): number {
  return Math.min(numberOf(value ?? ''), LEVELS - 1);
}

function numberOf(value: string): number {
  return /^\d{1,9}$/u.test(value) ? Math.min(Number(value), MAX_NUMBER) : 0;
}
