import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readGgufHead, type CheckedGguf } from '../gguf/gguf-file.js';
import { readUnigram } from '../unigram/read-unigram.js';
import type { UnigramTokenizer } from '../unigram/unigram-tokenizer.js';
import { WORDS_TENSOR, writeFewWordsFile, type FewWordsFile } from './few-words-file.js';

/**
 * Leaves an encoder's words in its file. The engine opens a copy whose word table has rows only for the texts being read; before it reads a
 * text, the rows of that text's words are written there. The engine maps that file into its memory and therefore sees what is written.
 *
 * The copy belongs to this process. Its name is deleted as soon as the engine has mapped it (if the system allows that), so that the copy
 * disappears with the process, however that ends, and no other process can open it.
 */
export class WordRows {
  private constructor(
    /** The file for the engine to open. */
    readonly path: string,
    private readonly tokenizer: UnigramTokenizer,
    private readonly copy: FewWordsFile,
    private readonly source: { readonly file: number; readonly start: number },
    private readonly target: number,
    private readonly rowsEach: number,
  ) {}

  /**
   * Writes the copy into `folder`.
   *
   * @param rowsEach maximum number of different words of one text
   * @param texts number of texts read at the same time
   * @returns the words, or the reason why they cannot be left in the file, as the end of a sentence
   */
  static async open(
    modelId: string,
    { path: from, paths }: CheckedGguf,
    { folder, rowsEach, texts }: { readonly folder: string; readonly rowsEach: number; readonly texts: number },
  ): Promise<WordRows | { readonly reason: string }> {
    if (paths.length > 1) return { reason: 'it is split into several files' };
    const path = join(folder, `${PREFIX}${process.pid}-${randomUUID()}.gguf`);
    const source = await open(from);
    try {
      const head = await readGgufHead(modelId, from, (await source.stat()).size);
      const vocabulary = readUnigram(head);
      if ('reason' in vocabulary) return vocabulary;
      const words = head.header.tensors.find(({ name }) => name === WORDS_TENSOR);
      if (words?.dimensions[1] !== vocabulary.pieces) return { reason: 'its table of words is not of its vocabulary' };
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await removeLeftOvers(folder);
      const copy = await writeFewWordsFile(path, source, head, rowsEach * texts);
      if ('reason' in copy) return copy;
      const file = openSync(from, 'r');
      return new WordRows(
        path,
        vocabulary.tokenizer,
        copy,
        { file, start: words.start },
        openSync(path, 'r+'),
        rowsEach,
      );
    } catch (error) {
      await rm(path, { force: true }).catch(() => undefined);
      return { reason: `its copy cannot be written: ${error instanceof Error ? error.message : String(error)}` };
    } finally {
      await source.close();
    }
  }

  /** Tokens of a text with their ids in the whole file, without begin and end. */
  tokenize(text: string): number[] {
    return this.tokenizer.tokenize(text);
  }

  /**
   * Writes the words of a text's tokens and returns the tokens to give to the engine. The same place must not be used again before the
   * engine has read them.
   *
   * @param place 0 to `texts` - 1
   * @throws {RangeError} when the text has more different words than there are rows
   */
  place(place: number, tokens: readonly number[]): number[] {
    const { copy, source, rowsEach } = this;
    const { rowBytes, fixedRows } = copy;
    const first = fixedRows.size + place * rowsEach;
    const rows = new Map<number, number>();
    const placed = tokens.map((token) => {
      const row = fixedRows.get(token) ?? rows.get(token) ?? first + rows.size;
      if (row >= first) rows.set(token, row);
      return row;
    });
    if (rows.size > rowsEach)
      throw new RangeError(`A text has ${rows.size} different words, where ${rowsEach} have room`);
    const bytes = Buffer.allocUnsafe(rows.size * rowBytes);
    let at = 0;
    for (const token of rows.keys()) {
      at += readFully(source.file, bytes, at, rowBytes, source.start + token * rowBytes);
    }
    for (let written = 0; written < bytes.length;) {
      const position = copy.start + first * rowBytes + written;
      written += writeSync(this.target, bytes, written, bytes.length - written, position);
    }
    return placed;
  }

  /** Deletes the copy's name. Call this once the engine has the file open. */
  async hide(): Promise<void> {
    // On systems where open files keep their names (Windows), the next encoder that opens removes it.
    await rm(this.path, { force: true }).catch(() => undefined);
  }

  async dispose(): Promise<void> {
    closeSync(this.source.file);
    closeSync(this.target);
    await this.hide();
  }
}

const PREFIX = 'colloquy-encoder-';
const NAME = /^colloquy-encoder-\d+-[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\.gguf$/u;
/** Much longer than an engine takes to open a file; after that, the file's name is normally gone. */
const LEFT_OVER_MS = 3_600_000;

/** Removes files of processes that were killed while they opened a model. */
async function removeLeftOvers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!NAME.test(name)) continue;
    const path = join(folder, name);
    const modifiedAt = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => Date.now(),
    );
    if (Date.now() - modifiedAt > LEFT_OVER_MS) await rm(path, { force: true }).catch(() => undefined);
  }
}

function readFully(file: number, into: Buffer, at: number, length: number, position: number): number {
  for (let done = 0; done < length;) {
    const read = readSync(file, into, at + done, length - done, position + done);
    if (read === 0) throw new RangeError(`The model's file ends before byte ${position + length}`);
    done += read;
  }
  return length;
}
