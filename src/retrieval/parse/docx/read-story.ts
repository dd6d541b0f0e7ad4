import type { ReadableText } from '../readable-text.js';
import { Equation } from './equation.js';
import type { Numbering } from './numbering.js';
import { isOn, readOfficeXml } from './read-office-xml.js';
import type { Styles } from './styles.js';
import { symbolText } from './symbol-text.js';
import { TableText } from './table-text.js';

/** Context that all parts of a document share. */
export interface StoryContext {
  readonly styles: Styles;
  readonly numbering: Numbering;
}

interface Paragraph {
  text: string;
  styleId: string | undefined;
  /** 0: body text, whatever the style says. */
  level: number | undefined;
  numId: number | undefined;
  listLevel: number | undefined;
  /** The paragraph mark was deleted, so the next paragraph continues this one. */
  isJoined: boolean;
}

/**
 * Elements that are left out: text that was moved away or deleted, earlier formatting, pronunciation guides, and fallbacks, whose content
 * is also elsewhere. source: ISO/IEC 29500-1, 17.13.5 and 17.3.3.24
 */
const LEFT_OUT = new Set([
  'mc:Fallback',
  'w:moveFrom',
  'w:del',
  'w:pPrChange',
  'w:rPrChange',
  'w:sectPrChange',
  'w:tblPrChange',
  'w:tblPrExChange',
  'w:tblGridChange',
  'w:trPrChange',
  'w:tcPrChange',
  'w:numberingChange',
  'w:rt',
]);
const CHECKED = '☒';
const UNCHECKED = '☐';

/**
 * Adds the text of a part (body, notes, headers) block by block.
 *
 * @returns whether the end of the body was found
 */
export function readStory(xml: string, { styles, numbering }: StoryContext, readable: ReadableText): boolean {
  /** Open paragraphs, innermost last: a paragraph in a text box is within another paragraph. */
  const open: Paragraph[] = [];
  const table = new TableText(readable);
  let leftOut = 0;
  let isText = false;
  let isAfterItem = false;
  let isMark = false;
  let isRunHidden = false;
  let carried = '';
  let equation: Equation | undefined;
  let choice: { entries: string[]; result: number } | undefined;
  let isChecked: boolean | undefined;
  let hasEnd = false;

  const write = (text: string): void => {
    if (isRunHidden) return;
    const paragraph = open.at(-1);
    if (equation !== undefined) equation.text(text);
    else if (paragraph !== undefined) paragraph.text += text;
  };
  /** Writes carried text that no further paragraph continues. */
  const endCarried = (): void => {
    if (carried.trim() !== '') {
      if (table.isOpen) table.add(carried.trim());
      else readable.block(carried);
    }
    carried = '';
  };
  const endParagraph = (paragraph: Paragraph): void => {
    const { level, numId, listLevel, styleId, isJoined } = paragraph;
    const whole = carried + paragraph.text;
    carried = '';
    if (isJoined) {
      carried = whole;
      return;
    }
    const style = styles.of(styleId);
    const list = numId ?? style.numId ?? 0;
    const label = list === 0 ? '' : numbering.next(list, listLevel ?? style.listLevel, style.numberedBy);
    const content = whole.trim();
    const heading = level ?? style.level ?? 0;
    const isItem = list !== 0 && label !== '';
    if (content === '') return;
    const isBullet = label === '-';
    const text = label === '' || (heading > 0 && isBullet) ? content : `${label} ${content}`;
    if (table.isOpen) table.add(isBullet ? content : text);
    else if (heading > 0) readable.heading(heading, text);
    else readable[isItem && isAfterItem ? 'line' : 'block'](text);
    isAfterItem = isItem && heading === 0;
  };

  readOfficeXml(xml, {
    onOpen(name, attributes) {
      if (LEFT_OUT.has(name)) {
        leftOut++;
        if (isMark && leftOut === 1 && (name === 'w:del' || name === 'w:moveFrom')) {
          const paragraph = open.at(-1);
          if (paragraph !== undefined) paragraph.isJoined = true;
        }
      }
      if (leftOut > 0) return;
      const paragraph = open.at(-1);
      const value = attributes.get('w:val') ?? '';
      if (name.startsWith('m:')) {
        if (name === 'm:oMath') equation ??= new Equation();
        else if (name === 'm:t') isText = true;
        else equation?.onOpen(name.slice(2), attributes.get('m:val'));
        return;
      }
      switch (name) {
        case 'w:p':
        case 'a:p':
          open.push({
            text: '',
            styleId: undefined,
            level: undefined,
            numId: undefined,
            listLevel: undefined,
            isJoined: false,
          });
          return;
        case 'w:pStyle':
          if (paragraph !== undefined) paragraph.styleId = value;
          return;
        case 'w:outlineLvl':
          if (paragraph !== undefined && /^[0-9]$/u.test(value))
            paragraph.level = value === '9' ? 0 : Number(value) + 1;
          return;
        case 'w:numId':
          if (paragraph !== undefined && /^\d+$/u.test(value)) paragraph.numId = Number(value);
          return;
        case 'w:ilvl':
          if (paragraph !== undefined && /^[0-8]$/u.test(value)) paragraph.listLevel = Number(value);
          return;
        case 'w:pPr':
          isMark = true;
          return;
        case 'w:r':
          isRunHidden = false;
          return;
        case 'w:vanish':
          // On a paragraph mark it hides no text.
          isRunHidden = !isMark && isOn(attributes);
          return;
        case 'w:t':
        case 'a:t':
          isText = true;
          return;
        case 'w:tab':
          // Within properties it defines a tab stop.
          if (!isMark) write('\t');
          return;
        case 'w:ptab':
          write('\t');
          return;
        case 'w:br':
        case 'w:cr':
        case 'a:br':
          write('\n');
          return;
        case 'w:noBreakHyphen':
          write('-');
          return;
        case 'w:sym':
          write(symbolText(attributes.get('w:font') ?? '', attributes.get('w:char') ?? ''));
          return;
        case 'v:textpath':
          // Text of WordArt and watermarks.
          write(` ${attributes.get('string') ?? ''} `);
          return;
        case 'w:tbl':
          endCarried();
          table.openTable();
          return;
        case 'w:tr':
          table.openRow();
          return;
        case 'w:tc':
          table.openCell();
          return;
        case 'w:checkBox':
          isChecked = false;
          return;
        case 'w:default':
        case 'w:checked':
          if (isChecked !== undefined) isChecked = isOn(attributes);
          return;
        case 'w:ddList':
          choice = { entries: [], result: 0 };
          return;
        case 'w:result':
          if (choice !== undefined) choice.result = Number(value);
          return;
        case 'w:listEntry':
          choice?.entries.push(value);
          return;
        default:
      }
    },
    onClose(name) {
      if (LEFT_OUT.has(name)) {
        leftOut = Math.max(0, leftOut - 1);
        return;
      }
      if (leftOut > 0) return;
      if (name.startsWith('m:')) {
        if (name === 'm:t') isText = false;
        else if (name === 'm:oMath') {
          const text = equation?.finish() ?? '';
          equation = undefined;
          write(text);
        } else equation?.onClose(name.slice(2));
        return;
      }
      switch (name) {
        case 'w:t':
        case 'a:t':
          isText = false;
          return;
        case 'w:p':
        case 'a:p': {
          const paragraph = open.pop();
          if (paragraph !== undefined) endParagraph(paragraph);
          return;
        }
        case 'w:pPr':
          isMark = false;
          return;
        case 'w:r':
          isRunHidden = false;
          return;
        case 'w:tc':
          endCarried();
          table.closeCell();
          return;
        case 'w:tr':
          table.closeRow();
          isAfterItem = false;
          return;
        case 'w:tbl':
          table.closeTable();
          return;
        case 'w:checkBox':
          if (isChecked !== undefined) write(isChecked ? CHECKED : UNCHECKED);
          isChecked = undefined;
          return;
        case 'w:ddList':
          write(choice?.entries[choice.result] ?? '');
          choice = undefined;
          return;
        case 'w:body':
          hasEnd = true;
          return;
        default:
      }
    },
    onText(text) {
      if (isText && leftOut === 0) write(text);
    },
  });
  // Paragraphs are still open if the part ends in the middle.
  for (const paragraph of open) endParagraph(paragraph);
  endCarried();
  return hasEnd;
}
