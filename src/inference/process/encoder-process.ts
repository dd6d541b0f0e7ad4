/**
 * Entry of the process for a model that embeds or ranks: started by `openLlamaEmbeddingModel` and `openLlamaReranker`, never imported. It
 * obeys its parent's commands and ends with it.
 */
import { isEncoderCommand, type EncoderCommand, type EncoderReport } from './encoder-protocol.js';
import { openInProcessEmbedder, type InProcessEmbedder } from '../llama/in-process-embedder.js';
import { openInProcessRanker, type InProcessRanker } from '../llama/in-process-ranker.js';
import { linkToParent, type ParentLink } from './native-process-child.js';

let embedder: InProcessEmbedder | undefined;
let ranker: InProcessRanker | undefined;

const parent: ParentLink<EncoderReport> = linkToParent<EncoderCommand, EncoderReport>(
  isEncoderCommand,
  async (command) => {
    switch (command.type) {
      case 'open':
        return open(command);
      case 'embed': {
        const { id, texts, purpose } = command;
        return work(id, async (signal) => {
          return { type: 'embedded', id, vectors: await embeds().embed(texts, { purpose, signal }) };
        });
      }
      case 'count': {
        const { id, text } = command;
        return parent.answer(id, async () => ({ type: 'counted', id, tokens: embeds().countTokens(text) }));
      }
      case 'rank': {
        const { id, query, texts } = command;
        return work(id, async (signal) => {
          if (ranker === undefined) throw new Error('The engine was given work before its model was open');
          return { type: 'ranked', id, scores: await ranker.rank(query, texts, signal) };
        });
      }
      case 'cancel':
        parent.cancel(command.id);
        return;
      case 'dispose':
        parent.leave();
    }
  },
);

function open({ use, options }: Extract<EncoderCommand, { type: 'open' }>): Promise<void> {
  return parent.open(async (onLoading) => {
    if (use === 'embed') embedder = await openInProcessEmbedder({ ...options, onLoading });
    else ranker = await openInProcessRanker({ ...options, onLoading });
    const { dimensions = 0, maxTokens = 0 } = embedder ?? {};
    return { type: 'opened', dimensions, maxTokens, wordsInMemory: (embedder ?? ranker)?.wordsInMemory };
  });
}

function embeds(): InProcessEmbedder {
  if (embedder === undefined) throw new Error('The engine was given work before its model was open');
  return embedder;
}

function work(id: number, task: (signal: AbortSignal) => Promise<EncoderReport>): Promise<void> {
  return parent.cancellable({ id, cancelled: false }, async (signal) => {
    try {
      return await task(signal);
    } catch (error) {
      if (signal.aborted) return { type: 'cancelled', id };
      throw error;
    }
  });
}
