import type { SourcedAnswer } from './citations.js';
import type { GroundedSource } from './grounded-source.js';
import { knowledgeBaseNameSchema } from '../knowledge/retrieval.js';
import type { SearchResult } from '../knowledge/retrieval.js';
import { array, boolean, object, optional } from '../schema.js';

/** Where the sources of an answer are looked for. None: it is answered without. */
export interface SourceSettings {
  /** At most `MAX_KNOWLEDGE_BASES`; each is searched by itself, so that one that fails takes no other with it. */
  readonly knowledgeBases?: readonly string[];
  /** Default: false. */
  readonly web?: boolean;
}

/** Of one answer: each gives `HITS_PER_SOURCE` passages, which travel together. */
export const MAX_KNOWLEDGE_BASES = 10;
/** Passages that one source gives. */
export const HITS_PER_SOURCE = 10;
/** UTF-16 units of a question that are searched for, with room for keywords beside them; of a longer one, both ends. */
export const MAX_SEARCHED = 9_000;
/** What is told of a place that gave nothing. */
export type SourceFailure = SearchResult['failures'][number];

/** What a transcript keeps of an answer's sources: where they are, not what they say. JSON-safe. */
export interface AnswerSources extends Omit<SourcedAnswer, 'text' | 'sources'> {
  /** What was searched for. */
  readonly keywords: readonly string[];
  /** All that the model was told of, cited or not. */
  readonly sources: readonly Omit<GroundedSource, 'text'>[];
}

export function wantsSources(settings: SourceSettings | undefined): settings is SourceSettings {
  return settings !== undefined && (settings.web === true || (settings.knowledgeBases ?? []).length > 0);
}

/** E.g. `docs, notes and the web`. */
export function nameSources({ knowledgeBases = [], web = false }: SourceSettings): string {
  const names = [...knowledgeBases, ...(web ? ['the web'] : [])];
  const last = names.pop() ?? 'nothing';
  return names.length === 0 ? last : `${names.join(', ')} and ${last}`;
}

export function answerSourcesOf(
  { grounded, notice, citations, sources, failures }: SourcedAnswer,
  keywords: readonly string[],
): AnswerSources {
  return {
    grounded,
    ...(notice !== undefined && { notice }),
    keywords,
    citations,
    sources: sources.map(({ text: _text, ...place }) => place),
    failures,
  };
}

/** On one line, for a glance: `[1] Title, [2] Title; web failed: …`. */
export function describeSources({ grounded, notice, citations, failures }: AnswerSources): string {
  const cited = citations
    .map(({ number, title, alsoAt = [] }) => `[${number}] ${title}${alsoCopies(alsoAt.length)}`)
    .join(', ');
  const failed = failures.map(({ source, reason }) => `${source} failed: ${reason}`);
  return [grounded ? cited : (notice ?? ''), ...failed].join('; ');
}

function alsoCopies(count: number): string {
  return count === 0 ? '' : ` (and ${count} ${count === 1 ? 'copy' : 'copies'})`;
}

export const sourceSettingsSchema = object<SourceSettings>({
  knowledgeBases: optional(array(knowledgeBaseNameSchema, { most: MAX_KNOWLEDGE_BASES })),
  web: optional(boolean()),
});
