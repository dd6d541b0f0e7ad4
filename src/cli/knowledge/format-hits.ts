import { shownName } from '../../domain/knowledge/document-name.js';
import type { SearchHit, SearchStage } from '../../domain/knowledge/retrieval.js';
import { linesText, pagesText } from '../../domain/knowledge/places.js';
import { excerpt } from '../../domain/text.js';

const STAGES: readonly SearchStage[] = ['lexical', 'vector', 'rerank'];
const EXCERPT_CHARACTERS = 300;

/** A few lines for each passage: rank and score in each stage, its place, and its text. Not yet made printable. */
export function formatHits(hits: readonly SearchHit[], { isWhole }: { readonly isWhole: boolean }): string[] {
  return hits.flatMap((hit, index) => {
    const { knowledgeBase, document, chunk, score, alsoAt = [] } = hit;
    const also = alsoAt.map((copy) => `${shownName(copy.document)} · ${copy.knowledgeBase}`);
    const { place = chunk } = chunk;
    const where = [
      pagesText(place),
      linesText(place),
      ...(chunk.headings.length > 0 ? [chunk.headings.join(' › ')] : []),
    ].filter((part) => part !== '');
    return [
      `${index + 1}. ${document.title}  [${score.toFixed(4)}]  ${stagesOf(hit)}`,
      `   ${[shownName(document), ...where, knowledgeBase].join(' · ')}`,
      ...(also.length === 0 ? [] : [`   also: ${also.join(', ')}`]),
      ...(isWhole ? chunk.text.split('\n') : [excerpt(chunk.text, EXCERPT_CHARACTERS)]).map((line) => `   ${line}`),
      '',
    ];
  });
}

/** E.g. `lexical #1 12.3, vector #4 0.871`. */
function stagesOf({ stages }: SearchHit): string {
  return STAGES.flatMap((stage) => {
    const found = stages[stage];
    return found === undefined ? [] : [`${stage} #${found.rank} ${found.score.toFixed(3)}`];
  }).join(', ');
}
