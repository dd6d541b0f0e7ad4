import { readXml } from './read-xml.js';

/** A shape of a slide, with its text. */
export interface SlideShape {
  /** Paragraphs, or the rows of a table. */
  readonly lines: readonly string[];
  readonly isTitle: boolean;
  /** Whether it is the placeholder for the slide's body text or for notes. */
  readonly isBody: boolean;
}

/** Placeholders whose content is the same on each slide. */
const REPEATED = new Set(['ftr', 'dt', 'sldNum', 'hdr', 'sldImg']);

/** The texts of a slide, of notes, or of the data of a diagram, shape by shape, without empty ones. */
export function readShapes(xml: string): readonly SlideShape[] {
  const shapes: SlideShape[] = [];
  let placeholder: string | undefined;
  let lines: string[] = [];
  let paragraph = '';
  let isText = false;
  let row: string[] | undefined;
  let cell = '';
  let fallback = 0;
  const end = (): void => {
    const isRepeated = REPEATED.has(placeholder ?? '');
    if (lines.length > 0 && !isRepeated) {
      const isTitle = placeholder === 'title' || placeholder === 'ctrTitle';
      shapes.push({ lines, isTitle, isBody: placeholder !== undefined && !isTitle });
    }
    lines = [];
    placeholder = undefined;
  };
  readXml(xml, {
    onOpen(tag, attributes) {
      if (tag === 'Fallback') fallback++;
      if (fallback > 0) return;
      if (tag === 'sp' || tag === 'graphicFrame' || tag === 'pt') end();
      else if (tag === 'ph') placeholder = attributes.get('type') ?? 'body';
      else if (tag === 'p') paragraph = '';
      else if (tag === 't') isText = true;
      else if (tag === 'br') paragraph += ' ';
      else if (tag === 'tab') paragraph += '\t';
      else if (tag === 'tr') row = [];
      else if (tag === 'tc') cell = '';
    },
    onClose(tag) {
      if (tag === 'Fallback') fallback--;
      else if (fallback > 0) return;
      else if (tag === 't') isText = false;
      else if (tag === 'p') {
        const text = paragraph.replace(/\s+/gu, ' ').trim();
        paragraph = '';
        if (text === '') return;
        if (row === undefined) lines.push(text);
        else cell += cell === '' ? text : ` ${text}`;
      } else if (tag === 'tc') row?.push(cell);
      else if (tag === 'tr') {
        if (row?.some((text) => text !== '') === true) lines.push(row.join(' | '));
        row = undefined;
      } else if (tag === 'sp' || tag === 'graphicFrame' || tag === 'pt') end();
    },
    onText: (text) => void (paragraph += isText && fallback === 0 ? text : ''),
  });
  end();
  return shapes;
}
