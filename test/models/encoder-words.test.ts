import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { LlamaModel } from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EmbeddingModel } from '../../src/inference/embedding-model.js';
import { readGgufHead } from '../../src/inference/gguf/gguf-file.js';
import { openLlamaEmbeddingModel } from '../../src/inference/process/llama-embedding-model.js';
import { openVocabulary } from '../../src/inference/vocabulary/open-vocabulary.js';
import { readUnigram } from '../../src/inference/unigram/read-unigram.js';
import type { UnigramTokenizer } from '../../src/inference/unigram/unigram-tokenizer.js';
import { embeddingModelFile } from './embedding-model-file.js';

const modelPath = embeddingModelFile();
const LEFT_OVER = 'colloquy-encoder-1-00000000-0000-4000-8000-000000000000.gguf';
const FOREIGN = 'colloquy-encoder-notes.gguf';
const TEXTS = [
  'The harbour was closed because of the storm.',
  '女性平均每天需要46克蛋白质。',
  'こんにちは、世界。カタカナﾊﾝｶｸ',
  '안녕하세요 세계',
  'สวัสดีชาวโลก',
  'नमस्ते दुनिया',
  'مرحبا بالعالم שלום עולם',
  'Привет, мир! Γειά σου Κόσμε',
  'Ünïcödé café cafe\u0301 ﬁ ½ ①',
  '👨‍👩‍👧 🇫🇷 🏳️‍🌈 \u{10ffff}',
  'x\u0000y\u0001 \u200b\ufeff\t\r\n end',
  '<s> </s> <unk> <mask> <pad> [PAD250002] ▁▁',
  'a'.repeat(5000),
  '中'.repeat(3000),
  '\ud800 half \udc00',
  '   ',
  '',
];

describe.skipIf(modelPath === undefined)('the words of an encoder, left in its file', { timeout: 120_000 }, () => {
  let folder: string;
  let onDisk: EmbeddingModel;
  let inMemory: EmbeddingModel;
  let engine: LlamaModel;
  let tokenizer: UnigramTokenizer;
  const notices: string[] = [];
  const { signal } = new AbortController();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'colloquy-words-'));
    for (const name of [LEFT_OVER, FOREIGN]) {
      await writeFile(join(folder, name), 'x');
      await utimes(join(folder, name), new Date(0), new Date(0));
    }
    await writeFile(join(folder, LEFT_OVER.replace('0000', '0001')), 'of a process that opens its model');
    const options = { modelId: 'multilingual-e5-small', modelPath: modelPath ?? '', gpu: false as const };
    const onNotice = (notice: string): void => void notices.push(notice);
    onDisk = await openLlamaEmbeddingModel({ ...options, contexts: 2, workFolder: folder, onNotice });
    // No folder can be made below a file.
    inMemory = await openLlamaEmbeddingModel({ ...options, contexts: 1, workFolder: modelPath, onNotice });
    engine = await openVocabulary(modelPath ?? '');
    const found = readUnigram(await readGgufHead('e5', modelPath ?? '', (await stat(modelPath ?? '')).size));
    if ('reason' in found) throw new Error(found.reason);
    tokenizer = found.tokenizer;
  }, 300_000);

  afterAll(async () => {
    await onDisk?.dispose();
    await inMemory?.dispose();
    await engine?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  it('leaves no file behind, and removes what a killed process left an hour ago', async () => {
    expect((await readdir(folder)).toSorted()).toEqual([LEFT_OVER.replace('0000', '0001'), FOREIGN]);
  });

  it('holds them in memory where no copy can be written, and says so', () => {
    expect(notices).toEqual([
      expect.stringMatching(/^Model "multilingual-e5-small" holds .* copy cannot be written: /u),
    ]);
  });

  it('cuts texts of all kinds as the engine does', () => {
    expect(TEXTS.map((text) => tokenizer.tokenize(text))).toEqual(TEXTS.map((text) => engine.tokenize(text, false)));
  });

  it('cuts any text as the engine does', () => {
    const character = fc.oneof(
      fc.constantFrom(' ', '  ', '\n', '▁', 'ing', 'tion', 'の', '的'),
      fc.integer({ min: 0, max: 0x2fff }).map((code) => String.fromCodePoint(code)),
      fc.integer({ min: 0x3000, max: 0xffff }).map((code) => String.fromCharCode(code)),
      fc.integer({ min: 0x10000, max: 0x10ffff }).map((code) => String.fromCodePoint(code)),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
    );
    const text = fc.array(character, { maxLength: 30 }).map((many) => many.join(''));
    fc.assert(
      fc.property(text, (one) => {
        expect(tokenizer.tokenize(one)).toEqual(engine.tokenize(one, false));
      }),
      { numRuns: 2000 },
    );
  });

  it('gives the same vectors, whatever is read beside them', async () => {
    const texts = [...TEXTS.filter((text) => text.trim() !== '' && text.length < 1000), ...TEXTS.slice(0, 3)];
    const [found, expected] = await Promise.all(
      [onDisk, inMemory].map((model) => model.embed(texts, { purpose: 'passage', signal })),
    );
    expect(found).toEqual(expected);
    expect(await onDisk.countTokens(TEXTS[1] ?? '')).toBe(await inMemory.countTokens(TEXTS[1] ?? ''));
  });

  it('reads a text of as many different words as the model takes', async () => {
    // Of one token each, all of them different.
    const words = Array.from({ length: 60_000 }, (_, id) =>
      engine.detokenize([engine.tokens.bos ?? 0, id + 1000] as never),
    )
      .filter((word) => /^\p{L}+$/u.test(word))
      .slice(0, 480)
      .join(' ');
    let text = words;
    while ((await onDisk.countTokens(text)) > onDisk.maxTokens) text = text.slice(0, text.lastIndexOf(' '));
    const [found] = await onDisk.embed([text], { purpose: 'passage', signal });
    expect([found]).toEqual(await inMemory.embed([text], { purpose: 'passage', signal }));
  });
});
