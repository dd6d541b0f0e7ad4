import { damagedDocument, openArchive, type Archive } from '../archive.js';
import type { ParsedText } from '../parsed-text.js';
import type { ParserContext } from '../parser-context.js';
import { ReadableText } from '../readable-text.js';
import { chartText } from './chart-text.js';
import { noteOnHidden } from './hidden-parts.js';
import { readXml } from './read-xml.js';
import { coreTitle, relationsOf } from './relations.js';
import { readShapes } from './slide-shapes.js';

/**
 * The slides of a presentation as its pages, in the order in which they are shown: title as heading, text, lists, tables, diagrams, charts,
 * then the speaker's notes. Hidden slides keep their page numbers but have no text; a note lists them.
 *
 * @throws {DocumentError}
 */
export async function parsePptx(bytes: Uint8Array, { name, limits }: ParserContext): Promise<ParsedText> {
  const archive = await openArchive(bytes, name, limits);
  try {
    const main =
      (await relationsOf(archive, '')).find(({ type }) => type === 'officeDocument')?.part ?? 'ppt/presentation.xml';
    const presentation = await archive.read(main);
    if (presentation === undefined) throw damagedDocument(name, 'it has no presentation');
    const relations = new Map((await relationsOf(archive, main)).map(({ id, part }) => [id, part]));
    const readable = new ReadableText();
    const hidden: string[] = [];
    for (const [index, id] of slideIds(presentation).entries()) {
      const part = relations.get(id) ?? '';
      const xml = await archive.read(part);
      if (xml === undefined) throw damagedDocument(name, `its slide ${index + 1} is missing`);
      if (!/<\/(?:[\w-]{1,50}:)?sld\s*>\s*$/u.test(xml.slice(-1000))) {
        throw damagedDocument(name, `its slide ${index + 1} ends in the middle`);
      }
      readable.page();
      if (isHidden(xml)) hidden.push(String(index + 1));
      else await writeSlide(archive, { part, xml }, readable);
    }
    return { ...readable.finish(), ...noteOnHidden('slide', hidden), title: await coreTitle(archive) };
  } finally {
    archive.close();
  }
}

async function writeSlide(
  archive: Archive,
  { part, xml }: { readonly part: string; readonly xml: string },
  readable: ReadableText,
): Promise<void> {
  const shapes = readShapes(xml);
  const title = shapes.find(({ isTitle }) => isTitle);
  if (title !== undefined) readable.heading(1, title.lines.join(' '));
  for (const shape of shapes) {
    if (shape === title) continue;
    const isList = shape.isBody && shape.lines.length > 1;
    readable.block(shape.lines.map((line) => (isList ? `- ${line}` : line)).join('\n'));
  }
  const relations = await relationsOf(archive, part);
  for (const diagram of relations.filter(({ type }) => type === 'diagramData')) {
    const lines = readShapes((await archive.read(diagram.part)) ?? '').flatMap((shape) => shape.lines);
    readable.block(lines.map((line) => `- ${line}`).join('\n'));
  }
  for (const chart of relations.filter(({ type }) => type === 'chart')) {
    readable.block(chartText((await archive.read(chart.part)) ?? ''));
  }
  const notesPart = relations.find(({ type }) => type === 'notesSlide')?.part ?? '';
  const notes = readShapes((await archive.read(notesPart)) ?? '').filter(({ isBody }) => isBody);
  const text = notes.flatMap(({ lines }) => lines).join('\n');
  if (text.trim() !== '') readable.block(`Notes: ${text}`);
}

function slideIds(presentation: string): readonly string[] {
  const ids = new Set<string>();
  readXml(presentation, {
    onOpen: (tag, attributes) => void (tag === 'sldId' && ids.add(attributes.get('r:id') ?? '')),
  });
  return [...ids];
}

function isHidden(slide: string): boolean {
  let hidden = false;
  readXml(slide.slice(0, 4000), {
    onOpen: (tag, attributes) =>
      void (hidden ||= tag === 'sld' && /^(?:0|false|off)$/u.test(attributes.get('show') ?? '')),
  });
  return hidden;
}
