import { expect, it } from 'vitest';
import type { EmbeddingModel } from './embedding-model.js';
import { createQueryVectors } from './query-vectors.js';

/** Answers only when released; records its requests. */
function heldModel() {
  const asked: string[] = [];
  const answers: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const model = {
    modelId: 'm',
    embed: ([text = '']: readonly string[]) => {
      asked.push(text);
      return new Promise<Float32Array[]>((resolve, reject) =>
        answers.push({ resolve: () => resolve([new Float32Array([text.length, asked.length])]), reject }),
      );
    },
  } as unknown as EmbeddingModel;
  return { model, asked, answers };
}

const { signal } = new AbortController();

it('makes the vector of a query once, for those who ask at once and later', async () => {
  const { model, asked, answers } = heldModel();
  const vectors = createQueryVectors();
  const both = [vectors.embed(model, 'moon', signal), vectors.embed(model, 'moon', signal)];
  answers[0]?.resolve();
  const [first, second] = await Promise.all(both);
  expect(second).toBe(first);
  expect(await vectors.embed(model, 'moon', signal)).toBe(first);
  expect(asked).toEqual(['moon']);
  const other = vectors.embed(model, 'Moon', signal);
  answers[1]?.resolve();
  expect(await other).not.toBe(first);
});

it('keeps no failure, and asks another model anew', async () => {
  const { model, asked, answers } = heldModel();
  const vectors = createQueryVectors();
  const failing = vectors.embed(model, 'moon', signal);
  answers[0]?.reject(new Error('away'));
  await expect(failing).rejects.toThrow('away');
  const again = vectors.embed(model, 'moon', signal);
  answers[1]?.resolve();
  expect([...(await again)]).toEqual([4, 2]);
  const other = heldModel();
  void vectors.embed(other.model, 'moon', signal);
  expect([asked, other.asked]).toEqual([['moon', 'moon'], ['moon']]);
});

it('lets go of who is cancelled, while the others get their vector', async () => {
  const { model, asked, answers } = heldModel();
  const vectors = createQueryVectors();
  const stop = new AbortController();
  const cancelled = vectors.embed(model, 'moon', stop.signal);
  const waiting = vectors.embed(model, 'moon', signal);
  stop.abort(new Error('cancelled'));
  await expect(cancelled).rejects.toThrow('cancelled');
  await expect(vectors.embed(model, 'moon', stop.signal)).rejects.toThrow('cancelled');
  answers[0]?.resolve();
  expect(await waiting).toHaveLength(2);
  expect(asked).toEqual(['moon']);
});

it('forgets the queries that were asked for longest ago', async () => {
  const { model, asked, answers } = heldModel();
  const vectors = createQueryVectors(2);
  for (const query of ['a', 'b', 'a', 'c', 'a', 'b']) {
    const made = vectors.embed(model, query, signal);
    answers.at(-1)?.resolve();
    await made;
  }
  expect(asked).toEqual(['a', 'b', 'c', 'b']);
});
