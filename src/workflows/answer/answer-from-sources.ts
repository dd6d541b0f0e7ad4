import {
  ActivityFailure,
  ApplicationFailure,
  TimeoutFailure,
  isCancellation,
  log,
  patched,
  proxyActivities,
} from '@temporalio/workflow';
import type { RetrievalActivities } from '../../activities/knowledge/retrieval.js';
import type { SourceActivities } from '../../activities/answer/sources.js';
import { HITS_PER_SOURCE, MAX_SEARCHED } from '../../domain/answer/answer-sources.js';
import type { SourceFailure, SourceSettings } from '../../domain/answer/answer-sources.js';
import type { KeywordsOutput } from '../../domain/session/source-steps.js';
import { refusedAnswer, sourcedAnswer, ungroundedAnswer } from '../../domain/answer/citations.js';
import type { SourcedAnswer } from '../../domain/answer/citations.js';
import { refusalText } from '../../domain/answer/refusal-text.js';
import { NO_USAGE, addUsage } from '../../domain/session/conversation.js';
import type { Usage } from '../../domain/session/conversation.js';
import type { GenerateInput, GenerateOutput } from '../../domain/session/generation.js';
import { keywordQuery, normaliseKeywords } from '../../domain/tools/keywords.js';
import { turnPriority } from '../../domain/priorities.js';
import { rankLists } from '../../domain/knowledge/rank-lists.js';
import type { SearchHit, SearchResult } from '../../domain/knowledge/retrieval.js';
import { RETRIEVAL_TASK_QUEUE } from '../../domain/task-queues.js';
import { bothEnds, excerpt } from '../../domain/text.js';
import { generateAnswer } from './answer-turn.js';
import { notTakenUp, onModelWorkers } from './on-model-workers.js';
import type { TurnDispatch } from './on-model-workers.js';

/** Settings of a draft, which searches use, and which is shown only if nothing is found. */
const DRAFT_TOKENS = 256;
/** Share of a turn's time for the draft. Half of the rest is for finding sources. */
const DRAFT_SHARE = 1 / 3;
const RETRIEVAL_SHARE = 1 / 2;
/** Time limit of one source, all attempts together. The embedding model may have to be loaded. */
const MAX_RETRIEVAL_MS = 120_000;
/** How long a search waits for a worker. */
const MAX_QUEUED_MS = 20_000;
/** Maximum number of passages among which the model's worker chooses. */
const RANKED = 12;
/** Maximum length of the question that is given to the reranker beside each passage, in UTF-16 units. */
const MAX_RERANKED = 2_000;

const { chooseKeywords, groundAnswer } = proxyActivities<SourceActivities>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '6 seconds',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '10 seconds', maximumAttempts: 5 },
});

/** Steps of an answer with sources, for progress. */
export type SourceStep = 'drafting' | 'choosing keywords' | 'searching' | 'ranking' | 'choosing sources' | 'answering';

export interface SourcedOutput extends GenerateOutput {
  readonly answer: SourcedAnswer;
  readonly keywords: readonly string[];
}

/**
 * Answers a turn from sources: a draft, keywords, a separate search of each source, one order, a selection that fits, and the answer. A source that fails
 * is named and the others are used. Without any hit, the draft is the answer and is marked as such. If all hits are too weak to answer the
 * question, the answer says that nothing was found.
 *
 * @param onStep called with each step, to show progress
 */
export async function answerFromSources(
  request: GenerateInput,
  settings: SourceSettings,
  dispatch: TurnDispatch,
  onStep: (step: SourceStep, about?: string) => void,
): Promise<SourcedOutput> {
  const { modelId, message, deadline, maxOutputTokens } = request;
  const question = message.text;
  const { userId } = dispatch;
  const failures: SourceFailure[] = [];
  let { workerQueue } = dispatch;
  let usage: Usage = NO_USAGE;
  const step = (what: string): TurnDispatch => ({ summary: `${what}: ${excerpt(question, 100)}`, workerQueue, userId });
  const ended = (output: GenerateOutput, answer: SourcedAnswer, keywords: readonly string[]): SourcedOutput => ({
    ...output,
    // Uses the window of the draft: later prompts contain no sources, so they need not leave out turns to make room for them.
    context: draft.context,
    ...(workerQueue !== undefined && { workerQueue }),
    text: answer.text,
    usage,
    answer,
    keywords,
  });

  onStep('drafting');
  const draft = await generateAnswer(
    {
      ...request,
      purpose: 'draft',
      maxOutputTokens: Math.min(DRAFT_TOKENS, maxOutputTokens),
      ...(deadline !== undefined && { deadline: partOf(deadline, DRAFT_SHARE) }),
    },
    step('Draft'),
  );
  usage = addUsage(usage, draft.usage);
  workerQueue = draft.workerQueue ?? workerQueue;
  // Stopped before any text was shown.
  if (draft.finishReason === 'cancelled') return ended({ ...draft, text: '' }, ungroundedAnswer('', []), []);

  onStep('choosing keywords');
  const { keywords, usage: spent } = await keywordsOf(
    { modelId, question, draft: draft.text, deadline },
    step('Keywords'),
  );
  usage = addUsage(usage, spent);

  onStep('searching', keywords.join(', '));
  const limitMs = Math.min(MAX_RETRIEVAL_MS, deadline === undefined ? Infinity : msOf(deadline, RETRIEVAL_SHARE));
  const retrieval: Retrieval = { limitMs, userId, failures };
  const { lists, areWeak } = await search({ question, keywords, isFirst: request.head === 0 }, settings, retrieval);
  // Older sessions gave the model weak hits too.
  if (areWeak && settings.weakHits !== 'use' && patched('weak-hits-are-refused')) {
    const refused = refusedAnswer(refusalText(question, settings), failures);
    return ended({ ...draft, finishReason: 'stop' }, refused, keywords);
  }

  onStep('ranking');
  const hits = await rank(question, lists, retrieval);

  onStep('choosing sources');
  const sources =
    hits.length === 0
      ? []
      : await onModelWorkers(groundAnswer, { modelId, question, hits, maxOutputTokens }, step('Choose sources'));
  if (sources.length === 0) return ended(draft, ungroundedAnswer(draft.text, failures), keywords);

  onStep('answering', sources.map(({ number, title }) => `[${number}] ${title}`).join(', '));
  const written = await generateAnswer({ ...request, sources }, step('Answer'));
  usage = addUsage(usage, written.usage);
  workerQueue = written.workerQueue ?? workerQueue;
  // Older answers keep their verdict.
  const anyStatement = !patched('marks-need-a-statement');
  return ended(written, sourcedAnswer(written.text, sources, failures, { anyStatement }), keywords);
}

/** Searches for the words of the question if the model names no keywords. */
async function keywordsOf(
  input: Parameters<SourceActivities['chooseKeywords']>[0],
  dispatch: TurnDispatch,
): Promise<KeywordsOutput> {
  try {
    return await onModelWorkers(chooseKeywords, input, dispatch);
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn('No keywords', { reason: reasonOf(error) });
    return { keywords: normaliseKeywords([], input.question), usage: NO_USAGE };
  }
}

interface Retrieval {
  readonly limitMs: number;
  readonly userId: string;
  /** Added to. */
  readonly failures: SourceFailure[];
}

interface Searched {
  readonly question: string;
  readonly keywords: readonly string[];
  /** Whether nothing was said before it. */
  readonly isFirst: boolean;
}

/** Searches all sources at the same time, each by an activity of its own. */
async function search(
  { question, keywords, isFirst }: Searched,
  { knowledgeBases = [], web = false, weakHits }: SourceSettings,
  retrieval: Retrieval,
): Promise<{ readonly lists: readonly (readonly SearchHit[])[]; readonly areWeak: boolean }> {
  const { searchKnowledge, searchWebPages } = retrievalActivities(retrieval);
  const words = keywordQuery(keywords);
  const query = `${bothEnds(question, MAX_SEARCHED)}\n${words}`;
  // Of a later turn, only the draft knows what it is about: "And on Sundays?"
  const questions = isFirst ? [bothEnds(question, MAX_SEARCHED)] : [bothEnds(question, MAX_SEARCHED), query];
  const summary = (where: string): { summary: string } => ({ summary: `${where}: ${excerpt(words, 100)}` });
  const asked = [...new Set(knowledgeBases)].map((name) => ({
    source: name,
    // The question finds passages by meaning, the keywords find what the draft added. The common order comes later.
    find: () =>
      searchKnowledge.executeWithOptions(summary(name), [
        {
          query,
          knowledgeBases: [name],
          stages: ['lexical', 'vector'],
          limit: HITS_PER_SOURCE,
          ...(weakHits !== 'use' && { questions }),
        },
      ]),
  }));
  if (web) {
    asked.push({
      source: 'web',
      find: () =>
        searchWebPages.executeWithOptions(summary('web'), [
          { query: words, question: bothEnds(question, MAX_SEARCHED), limit: HITS_PER_SOURCE },
        ]),
    });
  }
  const found = await Promise.all(asked.map(({ source, find }) => orNamed(source, find)));
  // Keeps the order of the sources, not that in which the results arrived.
  retrieval.failures.push(...found.flatMap(({ failures }) => failures));
  const withHits = found.filter(({ hits }) => hits.length > 0);
  return {
    lists: found.map(({ hits }) => hits),
    areWeak: withHits.length > 0 && withHits.every(({ isWeak }) => isWeak === true),
  };
}

async function rank(
  question: string,
  lists: readonly (readonly SearchHit[])[],
  retrieval: Retrieval,
): Promise<readonly SearchHit[]> {
  if (lists.every(({ length }) => length === 0)) return [];
  const { rankHits } = retrievalActivities(retrieval);
  const { failures } = retrieval;
  const query = bothEnds(question, MAX_RERANKED);
  const ranked = await orNamed('rerank', () =>
    rankHits.executeWithOptions({ summary: `Rank ${lists.flat().length} passages` }, [{ query, lists, limit: RANKED }]),
  );
  failures.push(...ranked.failures);
  return ranked.hits.length > 0 ? ranked.hits : rankLists(lists, RANKED);
}

/** The hits of a source; if it fails, no hits, and its name among the failures. */
async function orNamed(source: string, find: () => Promise<SearchResult>): Promise<SearchResult> {
  try {
    const { hits, failures, isWeak } = await find();
    return { hits, isWeak, failures: failures.map((each) => (each.source === source ? each : inside(source, each))) };
  } catch (error) {
    if (isCancellation(error)) throw error;
    const reason = reasonOf(error);
    log.warn('A source failed', { source, reason });
    return { hits: [], failures: [{ source, reason }] };
  }
}

/** Records a failed part of a source: a stage, a provider, a page. */
function inside(source: string, failure: SourceFailure): SourceFailure {
  return { source: `${source}: ${failure.source}`, reason: failure.reason };
}

function retrievalActivities({ limitMs, userId }: Retrieval) {
  return proxyActivities<RetrievalActivities>({
    taskQueue: RETRIEVAL_TASK_QUEUE,
    scheduleToStartTimeout: Math.min(MAX_QUEUED_MS, limitMs),
    startToCloseTimeout: limitMs,
    scheduleToCloseTimeout: limitMs,
    heartbeatTimeout: '15 seconds',
    retry: { initialInterval: '500 milliseconds', maximumInterval: '5 seconds', maximumAttempts: 3 },
    priority: turnPriority(userId),
  });
}

/** One line for the reader of the answer. */
function reasonOf(error: unknown): string {
  if (notTakenUp(error)) {
    return 'No retrieval worker responds. "npm start" runs one; to run one alone: colloquy worker retrieval';
  }
  let cause: unknown = error instanceof ActivityFailure ? error.cause : error;
  const isLate = cause instanceof TimeoutFailure;
  while (cause instanceof TimeoutFailure && cause.cause !== undefined) cause = cause.cause;
  if (cause instanceof ApplicationFailure) return cause.message;
  if (isLate) return 'It took too long.';
  return cause instanceof Error ? cause.message : String(cause);
}

/** A point in time between now and the deadline. */
function partOf(deadline: string, share: number): string {
  return new Date(Date.now() + msOf(deadline, share)).toISOString();
}

function msOf(deadline: string, share: number): number {
  return Math.max(1_000, Math.floor((Date.parse(deadline) - Date.now()) * share));
}
