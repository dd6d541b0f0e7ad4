import { shownName } from '../knowledge/document-name.js';
import type { SearchHit } from '../knowledge/retrieval.js';
import type { Material } from './prompt.js';

/** Number of passages from an expert's knowledge bases; more would crowd the window of a small model. */
export const MAX_FOUND_PASSAGES = 4;

/** The passages found in an expert's knowledge bases, in the form in which it reads them. */
export function materialOfHits(hits: readonly SearchHit[]): Material[] {
  if (hits.length === 0)
    return [{ title: 'Your knowledge bases', text: 'Nothing was found in them about this question.' }];
  return hits.map(({ document: { title }, chunk: { headings, page, text } }) => {
    const place = [...headings, ...(page === undefined ? [] : [`page ${page}`])].join(', ');
    return { title: `From "${title}"${place === '' ? '' : ` (${place})`}`, text };
  });
}

/** The documents of hits, each once, on one line: title and address. */
export function documentsOfHits(hits: readonly SearchHit[]): string[] {
  return [
    ...new Set(
      hits.map(({ document }) => {
        const name = shownName(document);
        const { title, uri } = document;
        return title === '' || title === uri || title === name ? name : `${title} (${name})`;
      }),
    ),
  ];
}
