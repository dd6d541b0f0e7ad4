import type { SourcedAnswer } from './citations.js';
import type { GroundedSource } from './grounded-source.js';
import { knowledgeBaseNameSchema } from '../knowledge/retrieval.js';
import type { SearchResult } from '../knowledge/retrieval.js';
import { array, boolean, object, oneOf, optional } from '../schema.js';

/** Sources of an answer. Without any, the model answers alone. */
export interface SourceSettings {
  /** At most `MAX_KNOWLEDGE_BASES`. Each is searched separately, so that a failure does not affect the others. */
  readonly knowledgeBases?: readonly string[];
  /** Default: false. */
  readonly web?: boolean;
  /**
   * What to do with hits that probably do not answer the question: `refuse` answers that nothing was found, without asking the model; `use`
   * gives them to the model anyway. Default: `refuse`. Hits from the web, and of embedding models without a rule, never count as weak.
   */
  readonly weakHits?: 'refuse' | 'use';
}

/** Maximum number for one answer; each returns `HITS_PER_SOURCE` passages, which are sent together. */
export const MAX_KNOWLEDGE_BASES = 10;
/** Maximum number of passages from one source. */
export const HITS_PER_SOURCE = 10;
/** Maximum length of the searched question, in UTF-16 units, with room for keywords. Of a longer question, both ends are searched. */
export const MAX_SEARCHED = 9_000;
/** A source that failed, with the reason. */
export type SourceFailure = SearchResult['failures'][number];

/** What a transcript stores about an answer's sources: where they are, not what they say. JSON-safe. */
export interface AnswerSources extends Omit<SourcedAnswer, 'text' | 'sources'> {
  /** The search query. */
  readonly keywords: readonly string[];
  /** All sources that the model was given, cited or not. */
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

/** A short description on one line: `[1] Title, [2] Title; web failed: …`. */
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
  weakHits: optional(oneOf(['refuse', 'use'])),
});
