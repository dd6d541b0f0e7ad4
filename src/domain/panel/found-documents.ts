import { shownName } from '../knowledge/document-name.js';
import type { SearchHit } from '../knowledge/retrieval.js';
import type { Material } from './prompt.js';

/** Passages that an expert is given of its knowledge bases: more would crowd a small model's window. */
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

/** The documents of what was found, each once, in a line: title and address. */
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
