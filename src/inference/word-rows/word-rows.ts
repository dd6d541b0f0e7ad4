import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readGgufHead, type CheckedGguf } from '../gguf/gguf-file.js';
import { readUnigram } from '../unigram/read-unigram.js';
import type { UnigramTokenizer } from '../unigram/unigram-tokenizer.js';
import { WORDS_TENSOR, writeFewWordsFile, type FewWordsFile } from './few-words-file.js';

/**
 * An encoder's words, left in its file: an engine opens a copy whose table of words has rows for the texts under way alone, and before a
 * text is read, the rows of its words are written there. The engine maps that file into its memory, so that what is written is what it sees.
 *
 * The copy belongs to this process. Its name is gone as soon as the engine has mapped it (where the system allows that), so that it goes
 * with the process however that ends, and no other process can come upon it.
 */
export class WordRows {
  private constructor(
    /** What the engine opens. */
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
   * @param rowsEach different words of one text at most
   * @param texts that are read at the same time
   * @returns or why the words cannot be left in the file, as the end of a sentence
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

  /** A text's tokens by their ids in the whole file, with neither begin nor end. */
  tokenize(text: string): number[] {
    return this.tokenizer.tokenize(text);
  }

  /**
   * What the engine is given for a text's tokens, once their words are written. Until the engine has read them, nothing else may be placed in
   * the same place.
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

  /** To be called once the engine has the file open. */
  async hide(): Promise<void> {
    // Where open files keep their names (Windows), it goes when the next encoder opens.
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
/** Far longer than an engine takes to open a file, after which its name is gone. */
const LEFT_OVER_MS = 3_600_000;

/** Of processes that were killed while they opened a model. */
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
