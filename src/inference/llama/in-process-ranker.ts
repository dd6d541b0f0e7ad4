import type { LlamaModel, LlamaRankingContext, Token } from 'node-llama-cpp';
import { loadEncoder, wrongUse, type EncoderOptions, type LoadedEncoder } from './in-process-encoder.js';
import { ModelError } from '../model-error.js';

/** Limit for query and text together. Models may be trained with more, but longer inputs take too much time for a search. */
const MOST_TOKENS = 1024;
/** Minimum room for a text; a query that leaves less is too long. */
const LEAST_TEXT_TOKENS = 32;

/** Opens a cross-encoder in this process; `openLlamaReranker` opens it in a separate process. */
export async function openInProcessRanker(options: EncoderOptions): Promise<InProcessRanker> {
  const loaded = await loadEncoder<LlamaRankingContext>(options, {
    check: (model) => refuseOtherModels(options.modelId, model),
    createContext(model, threads) {
      const size = Math.min(MOST_TOKENS, model.trainContextSize) + 1;
      return model.createRankingContext({ contextSize: size, batchSize: size, threads });
    },
    mostTokens: MOST_TOKENS,
    probe: async (context, _model, tokens) => [await context.rank([...tokens], [...tokens])],
  });
  return new InProcessRanker(options.modelId, loaded);
}

export class InProcessRanker {
  /** See `InProcessEmbedder`. */
  readonly wordsInMemory?: string;

  constructor(
    private readonly modelId: string,
    private readonly loaded: LoadedEncoder<LlamaRankingContext>,
  ) {
    this.wordsInMemory = loaded.wordsInMemory;
  }

  /** @throws {ModelError} `Model.ContextOverflow` when the query is too long; the signal's reason when it aborts */
  async rank(query: string, texts: readonly string[], signal: AbortSignal): Promise<number[]> {
    const { model, pool, words } = this.loaded;
    const maxTokens = Math.min(MOST_TOKENS, model.trainContextSize);
    // Does not use the library's own function, which removes the space that SentencePiece vocabularies put before a text's first word.
    const tokenize = (text: string): Token[] => words.tokenize(text.normalize('NFKC'));
    const queryTokens = tokenize(query);
    return pool.map(texts, signal, async (context, text) => {
      const around = context.calculateInputLength(queryTokens, []);
      const room = maxTokens - around;
      if (room < LEAST_TEXT_TOKENS) throw queryTooLong(this.modelId, queryTokens.length, maxTokens);
      const placed = words.place(context, [...queryTokens, ...tokenize(text).slice(0, room)]);
      return context.rank(placed.slice(0, queryTokens.length), placed.slice(queryTokens.length));
    });
  }

  dispose(): Promise<void> {
    return this.loaded.dispose();
  }
}

function refuseOtherModels(modelId: string, model: LlamaModel): void {
  const { hasEncoder, hasDecoder, supportsRanking } = model.fileInsights;
  if (hasEncoder && hasDecoder) throw wrongUse(modelId, 'a model that encodes and decodes cannot rank.');
  if (supportsRanking) return;
  throw wrongUse(
    modelId,
    'it is not a reranker: its file has no ranking head (a tensor "cls.weight" or "cls.output.weight"). ' +
      'Give the GGUF file of a cross-encoder in COLLOQUY_RERANK_MODEL, such as bge-reranker-v2-m3, or none.',
  );
}

function queryTooLong(modelId: string, promptTokens: number, contextTokens: number): ModelError {
  return new ModelError(
    'Model.ContextOverflow',
    `The query has ${promptTokens} tokens; model "${modelId}" reads ${contextTokens}, the text included. Shorten the query.`,
    { details: { promptTokens, contextTokens } },
  );
}
