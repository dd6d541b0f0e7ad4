import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EmbeddingModel } from '../../../src/inference/embedding-model.js';

export interface EmbeddingExpectations {
  /** Whether tokens are counted exactly, or by a bound. */
  readonly countsExactly: boolean;
  /** Requests for vectors that have reached its server. */
  readonly served?: () => number;
}

/** What every `EmbeddingModel` owes its callers, with the weights of multilingual-e5-small. */
export function embeddingContract(
  name: string,
  open: () => Promise<EmbeddingModel>,
  { countsExactly, served }: EmbeddingExpectations,
): void {
  describe(`${name}:`, { timeout: 120_000 }, () => {
    let model: EmbeddingModel;
    const { signal } = new AbortController();
    const passages = (...texts: string[]) => model.embed(texts, { purpose: 'passage', signal });
    const queries = (...texts: string[]) => model.embed(texts, { purpose: 'query', signal });

    beforeAll(async () => {
      model = await open();
      // A server loads its model at the first text.
      await passages('warm');
    }, 120_000);

    afterAll(() => model.dispose());

    it('makes one unit vector a text, in their order', async () => {
      const texts = ['cats', 'the port of Hamburg', '中国的首都是北京。', 'cats'];
      const vectors = await passages(...texts);
      expect(vectors.map(({ length }) => length)).toEqual([384, 384, 384, 384]);
      expect(model.dimensions).toBe(384);
      for (const vector of vectors) expect(Math.sqrt(dot(vector, vector))).toBeCloseTo(1, 4);
      expect(dot(vectors[0], vectors[3])).toBeGreaterThan(0.999);
      const alone = await passages(texts[2] ?? '');
      expect(dot(vectors[2], alone[0])).toBeGreaterThan(0.999);
      expect(dot(vectors[0], vectors[2])).toBeLessThan(0.95);
    });

    it('finds what answers a question, in the other language too', async () => {
      const [question] = await queries('how much protein should a woman eat');
      const [english, chinese, storm] = await passages(
        'The average protein requirement for women is 46 grams per day.',
        '女性平均每天需要46克蛋白质。',
        'The harbour was closed because of the storm.',
      );
      expect(dot(question, english)).toBeGreaterThan(dot(question, storm) + 0.05);
      expect(dot(question, chinese)).toBeGreaterThan(dot(question, storm) + 0.05);
    });

    it('embeds queries otherwise than passages', async () => {
      const [query] = await queries('harbours');
      const [passage] = await passages('harbours');
      expect(dot(query, passage)).toBeLessThan(0.9999);
    });

    it('takes full-width forms and ligatures for what they stand for', async () => {
      const [plain, wide] = await passages('ABC 123 office', 'ＡＢＣ　１２３ oﬃce');
      expect(dot(plain, wide)).toBeGreaterThan(0.9999);
    });

    it('refuses empty texts, naming the first', async () => {
      await expect(passages('cats', ' \n')).rejects.toMatchObject({
        type: 'Model.InvalidRequest',
        message: expect.stringContaining('Text 2 of 2') as string,
      });
    });

    it('cuts nothing: what is too long is refused with the numbers, before any work', async () => {
      const before = served?.();
      const tooLong = '北京 harbour '.repeat(400);
      const promptTokens = await model.countTokens(tooLong);
      expect(promptTokens).toBeGreaterThan(model.maxTokens);
      await expect(passages('cats', tooLong)).rejects.toMatchObject({
        type: 'Model.ContextOverflow',
        options: { details: { index: 1, promptTokens, contextTokens: model.maxTokens } },
      });
      expect(served?.()).toBe(before);
    });

    it('embeds as much as it counts: a text of exactly its limit, and not one token more', async () => {
      expect(await model.countTokens('cats')).toBeGreaterThanOrEqual(4);
      if (!countsExactly) return;
      const base = await model.countTokens('cat');
      const text = (tokens: number): string => Array.from({ length: tokens - base + 1 }, () => 'cat').join(' ');
      expect(await model.countTokens(text(model.maxTokens))).toBe(model.maxTokens);
      expect(model.countTokensNow?.(text(100))).toBe(100);
      const [vector] = await passages(text(model.maxTokens));
      expect(dot(vector, vector)).toBeCloseTo(1, 4);
      await expect(passages(text(model.maxTokens + 1))).rejects.toMatchObject({ type: 'Model.ContextOverflow' });
    });

    it('stops within one batch when it is cancelled, with the signal’s reason, and serves the next', async () => {
      const controller = new AbortController();
      const reason = new Error('enough');
      const text = 'The harbour was closed because of the storm. '.repeat(10);
      const many = model.embed(
        Array.from({ length: 400 }, (_, index) => `${index} ${text}`.slice(0, 480)),
        { purpose: 'passage', signal: controller.signal },
      );
      setTimeout(() => controller.abort(reason), 300);
      const startedAt = performance.now();
      await expect(many).rejects.toBe(reason);
      expect(performance.now() - startedAt).toBeLessThan(3000);
      expect(await passages('cats')).toHaveLength(1);
    });

    it('does nothing for a request that was cancelled before', async () => {
      const before = served?.();
      const aborted = model.embed(['cats'], { purpose: 'query', signal: AbortSignal.abort(new Error('no')) });
      await expect(aborted).rejects.toThrow('no');
      expect(served?.()).toBe(before);
    });

    it('embeds nothing for no texts', async () => {
      expect(await passages()).toEqual([]);
    });

    it('says that it is closed', async () => {
      const other = await open();
      await other.dispose();
      await expect(other.embed(['cats'], { purpose: 'query', signal })).rejects.toMatchObject({
        type: 'Model.Unavailable',
      });
    });
  });
}

/** Of unit vectors: the cosine of their angle. */
export function dot(a: Float32Array | undefined, b: Float32Array | undefined): number {
  if (a === undefined || b === undefined) throw new Error('a vector is missing');
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}
