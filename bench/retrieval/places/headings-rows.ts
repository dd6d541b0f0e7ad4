import { chunkDocument } from '../../../src/retrieval/chunk/chunk-document.js';
import { estimateTokens } from '../../../src/retrieval/chunk/estimate-tokens.js';
import { parseDocument } from '../../../src/retrieval/parse/parse-document.js';
import { docxOf, docxParagraph } from '../../../test/support/documents.js';
import { epubOf, odfOf } from '../../../test/support/office-documents.js';
import { benchRow, type BenchOptions, type BenchRow } from '../../bench-row.js';
import { documentsOf, readEvaluationSet } from '../evaluation-set.js';
import { foldText } from './folded-text.js';
import { randomSentence } from './random-sentence.js';
import { shuffled } from './sampled-files.js';

const CHUNK_TOKENS = 160;
const PASSAGES_OF_FORMAT = 50;
/** A title that several sections have, as those of manuals do. */
const REPEATED_TITLE = 'Notes';

interface Section {
  readonly title: string;
  readonly paragraphs: readonly string[];
}

/** Writes a heading of the first level, and sections below headings of the second. */
type Writer = (title: string, sections: readonly Section[]) => Buffer;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const htmlOf = (title: string, sections: readonly Section[]): string =>
  [
    `<h1>${escaped(title)}</h1>`,
    ...sections.flatMap((section) => [
      `<h2>${escaped(section.title)}</h2>`,
      ...section.paragraphs.map((text) => `<p>${escaped(text)}</p>`),
    ]),
  ].join('\n');

const WRITERS: Readonly<Record<string, { readonly ending: string; readonly write: Writer }>> = {
  HTML: {
    ending: 'html',
    write: (title, sections) =>
      Buffer.from(`<!doctype html><meta charset="utf-8"><main>${htmlOf(title, sections)}</main>`),
  },
  DOCX: {
    ending: 'docx',
    write: (title, sections) =>
      docxOf(
        [
          docxParagraph(escaped(title), 'berschrift1'),
          ...sections.flatMap((section) => [
            docxParagraph(escaped(section.title), 'Own'),
            ...section.paragraphs.map((text) => docxParagraph(escaped(text))),
          ]),
        ].join(''),
      ),
  },
  ODT: {
    ending: 'odt',
    write: (title, sections) =>
      odfOf(
        'text',
        [
          `<text:h text:outline-level="1">${escaped(title)}</text:h>`,
          ...sections.flatMap((section) => [
            `<text:h text:outline-level="2">${escaped(section.title)}</text:h>`,
            ...section.paragraphs.map((text) => `<text:p>${escaped(text)}</text:p>`),
          ]),
        ].join(''),
      ),
  },
  EPUB: { ending: 'epub', write: (title, sections) => epubOf([htmlOf(title, sections)]) },
};

/** Sentences at random of formats without lines or pages: the headings that are told of each beside those that it was written under. */
export async function headingsRows(random: () => number, options: BenchOptions): Promise<BenchRow[]> {
  const { passages } = await readEvaluationSet();
  const rows: BenchRow[] = [];
  for (const [format, { ending, write }] of Object.entries(WRITERS)) {
    let [right, compared] = [0, 0];
    const wanted = Math.ceil(PASSAGES_OF_FORMAT / (options.quick ? 5 : 1));
    for (const [source, parts] of shuffled([...documentsOf(passages)], random)) {
      if (compared >= wanted) break;
      const sections = parts.map(({ title, text }, index) => ({
        title: index % 3 === 2 ? REPEATED_TITLE : title,
        paragraphs: text.split('\n\n'),
      }));
      const bytes = write(source, sections);
      const name = `document.${ending}`;
      const document = await parseDocument(bytes, { name, signal: options.signal });
      const cutting = { countTokens: estimateTokens, maxTokens: CHUNK_TOKENS, signal: options.signal };
      const chunks: { readonly text: string; readonly headings: readonly string[] }[] = [];
      for await (const chunk of chunkDocument(document, cutting)) chunks.push(chunk);
      for (const chunk of shuffled(chunks, random).slice(0, 5)) {
        const span = randomSentence(chunk.text, random);
        if (span === undefined || compared >= wanted) continue;
        const sentence = chunk.text.slice(span.start, span.end);
        compared++;
        const under = sections.filter(({ title, paragraphs }) =>
          lettersOf(title + paragraphs.join(' ')).includes(lettersOf(sentence)),
        );
        const told = chunk.headings.map(lettersOf).join('/');
        const isRight =
          under.some(({ title }) => told === `${lettersOf(source)}/${lettersOf(title)}`) ||
          (told === lettersOf(source) && lettersOf(source).includes(lettersOf(sentence)));
        if (isRight) right++;
        else
          options.onNotice(
            `${format}, ${JSON.stringify(sentence.slice(0, 80))}: told ${JSON.stringify(chunk.headings)}`,
          );
      }
    }
    const what = `${format}: sentences whose headings are told right`;
    rows.push(
      benchRow(
        { id: 'places', what, value: right, unit: 'of those compared', baseline: compared },
        { of: 'ratio', atLeast: 1 },
      ),
    );
  }
  return rows;
}

function lettersOf(text: string): string {
  return foldText(text, 'letters').text;
}
