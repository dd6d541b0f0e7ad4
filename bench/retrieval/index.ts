import { join } from 'node:path';
import { resolveHome } from '../../src/artefacts/home.js';
import { readConfig } from '../../src/config.js';
import { openEmbeddingModel, openReranker } from '../../src/models/open-embedding-model.js';
import { openModel } from '../../src/models/open-model.js';
import { resolveModel } from '../../src/models/resolve-model.js';
import type { BenchOptions, BenchRow } from '../bench-row.js';
import { corpusRows } from './corpus/corpus-rows.js';
import { corpusHtmlRows } from './corpus/html-rows.js';
import { embedWithCache } from './embedding-cache.js';
import { embeddingSpeedRows } from './embedding-speed.js';
import { encoderMemoryRows } from './encoder-memory.js';
import { indexedText, quickPart, readEvaluationSet } from './evaluation-set.js';
import { groundingModelRows } from './grounding-model.js';
import { groundingRows, searchJudged } from './grounding.js';
import { benchIngestion } from './ingestion.js';
import { benchKnowledgeStore } from './knowledge-store.js';
import { searchPassagesInStore } from './passages-in-store.js';
import { placesRows } from './places/places-rows.js';
import { qualityRows } from './quality.js';
import { benchSearchLatency } from './search-latency.js';

/** The names that `--only` takes. */
export const RETRIEVAL_GROUPS: readonly string[] = [
  'memory', // memory of the encoder's process
  'quality', // how well questions find their passages
  'grounding', // how well retrieval recognises questions that the passages do not answer
  'grounding-model', // the same with the default model, half an hour; runs only when it is named
  'speed', // speed of the embedding model alone, where it is a file
  'large-base', // searches of 100,000 chunks
  'ingestion', // time until documents can be found
  'search', // time that a client waits for a search
  'places', // whether the places of passages are right; runs only when it is named
  'corpus-html', // words that are lost in real pages; runs only when it is named
  'corpus-pdf',
  'corpus-docx',
];

/** Quality, speed and memory of retrieval. Groups that fetch packages run only when `only` names them. */
export async function benchRetrieval(options: BenchOptions): Promise<BenchRow[]> {
  const { only } = options;
  // Only when asked for, since packages are fetched for it.
  if (only === 'corpus-pdf' || only === 'corpus-docx') return corpusRows(only, resolveHome(process.env), options);
  if (only === 'corpus-html') return corpusHtmlRows(resolveHome(process.env), options);
  if (only === 'places') return placesRows(resolveHome(process.env), options);
  return [
    ...(only === undefined || only === 'memory' ? await benchEncoderMemory(options) : []),
    ...(only === undefined || ['quality', 'grounding', 'grounding-model', 'speed'].includes(only)
      ? await benchQuality(options)
      : []),
    ...(only === undefined || only === 'large-base' ? await benchKnowledgeStore(options) : []),
    ...(only === undefined || only === 'ingestion' ? await benchIngestion(options) : []),
    ...(only === undefined || only === 'search' ? await benchSearchLatency(options) : []),
  ];
}

/** Of an embedding model that is a file. */
async function benchEncoderMemory(options: BenchOptions): Promise<BenchRow[]> {
  const { onNotice, signal } = options;
  const home = resolveHome(process.env);
  const fetching = { home, signal, onNotice, onProgress: () => undefined, env: process.env };
  const resolved = await resolveModel(readConfig(process.env).embeddingModel, fetching, ['embedding']);
  if (!('path' in resolved) || process.platform !== 'linux') {
    onNotice('the memory of the encoder is told on Linux, of an embedding model that is a file');
    return [];
  }
  const { passages } = await readEvaluationSet();
  const opening = { modelId: resolved.modelId, modelPath: resolved.path, workFolder: join(home, 'encoders') };
  return encoderMemoryRows(
    opening,
    passages.map((passage) => indexedText(passage)),
    options,
  );
}

async function benchQuality(options: BenchOptions): Promise<BenchRow[]> {
  const { quick, only, onNotice, signal } = options;
  const config = readConfig(process.env);
  const home = resolveHome(process.env);
  const fetching = { home, signal, onNotice, onProgress: () => undefined, env: process.env };
  const whole = await readEvaluationSet();
  const { passages, questions } = quick ? quickPart(whole) : whole;
  const texts = passages.map((passage) => indexedText(passage));
  const model = await openEmbeddingModel(config.embeddingModel, { config, home, fetching, onNotice });
  try {
    const rows: BenchRow[] = [];
    if (only !== 'speed') {
      const vectors = await embedWithCache(model, texts, {
        path: join(home, 'bench', `embeddings-${model.dimensions}.bin`),
        signal,
        onProgress: (made, of) => onNotice(`embedding passages: ${made} of ${of}`),
      });
      if (only !== 'quality') {
        const judged = await searchJudged(model, { passages, questions }, vectors, options);
        rows.push(...groundingRows(judged));
        if (only === 'grounding-model') {
          const writing = await openModel(config.model, { config, home, fetching, onNotice, keepsSnapshots: false });
          try {
            rows.push(...(await groundingModelRows(writing, judged, { answeredStep: 8, ...options })));
          } finally {
            await writing.dispose();
          }
        }
        if (only === 'grounding' || only === 'grounding-model') return rows;
      }
      const reranker = await openReranker({ config });
      try {
        const searching = await searchPassagesInStore({ model, reranker }, passages, vectors, signal);
        try {
          rows.push(...(await qualityRows(searching, questions, { onNotice, signal })));
        } finally {
          await searching.dispose();
        }
      } finally {
        await reranker?.dispose();
      }
    }
    if (only === undefined || only === 'speed') {
      const resolved = await resolveModel(config.embeddingModel, fetching, ['embedding']);
      if ('path' in resolved) rows.push(...(await embeddingSpeedRows(model, resolved.path, texts, options)));
    }
    return rows;
  } finally {
    await model.dispose();
  }
}
