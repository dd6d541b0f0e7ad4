import { open, stat, type FileHandle } from 'node:fs/promises';
import { architectureOf } from './architecture-facts.js';
import { ggufPartName, ggufPartPaths } from './gguf-parts.js';
import { GgufHeaderCut, GgufHeaderError, parseGgufHeader, type GgufHeader } from './gguf-header.js';
import { ModelError } from '../model-error.js';
import { findModelProfile } from '../profiles/model-profiles.js';

/** A model's file or files, complete as far as sizes and headers show. */
export interface CheckedGguf {
  /** The path to give to an engine: the only file, or the first part, from which it finds the others. */
  readonly path: string;
  /** All files, in their order. */
  readonly paths: readonly string[];
  /** Size of all files together. */
  readonly sizeBytes: number;
  /** Metadata of the first file, which covers everything except the positions of the other parts' tensors. */
  readonly metadata: GgufHeader['metadata'];
}

export interface GgufHead {
  readonly header: GgufHeader;
  /** The file from its first byte to the end of the header or beyond. */
  readonly bytes: Buffer;
}

const FIRST_READ_BYTES = 2 ** 20;
/** Larger than every real header: a vocabulary of a million tokens takes some 40 MB. */
const MOST_HEADER_BYTES = 2 ** 28;

/**
 * Checks a model as far as possible before an engine loads it: all its files exist, their headers are plausible, and every tensor lies
 * within its file. Any part of a split model may be given. Reads only headers, some megabytes.
 *
 * @throws {ModelError} `Model.NotFound` or `Model.Damaged`, which names the file and says what to do.
 */
export async function checkGgufFile(modelId: string, path: string): Promise<CheckedGguf> {
  const paths = ggufPartPaths(path);
  const headers: GgufHeader[] = [];
  let sizeBytes = 0;
  for (const one of paths) {
    const size = await sizeOf(modelId, one, { path, paths });
    sizeBytes += size;
    headers.push(await readHeader(modelId, one, size));
  }
  checkSplit(modelId, paths, headers);
  const metadata = headers[0]?.metadata ?? new Map<string, never>();
  if (architectureOf(metadata) === '') {
    throw damaged(modelId, paths[0], 'its header names no architecture');
  }
  return { path: paths[0], paths, sizeBytes, metadata };
}

export function damaged(modelId: string, path: string, why: string, cause?: unknown): ModelError {
  // If the user gave the file by its path, its origin is unknown.
  const again = findModelProfile(modelId) ? `: colloquy models pull ${modelId} --force` : ' from where you had it.';
  return new ModelError(
    'Model.Damaged',
    `The file of model "${modelId}" is damaged: ${why}. Delete ${path} and fetch it again${again}`,
    { cause, details: { path } },
  );
}

async function sizeOf(
  modelId: string,
  one: string,
  { path, paths }: { readonly path: string; readonly paths: readonly string[] },
): Promise<number> {
  const found = await stat(one).catch(() => undefined);
  if (found?.isFile()) return found.size;
  if (one === path) {
    throw new ModelError(
      'Model.NotFound',
      `Model "${modelId}" has no file at ${path}. Check the path, or fetch it: colloquy models pull ${modelId}`,
    );
  }
  throw new ModelError(
    'Model.NotFound',
    `Model "${modelId}" is split into ${paths.length} files, and part ${paths.indexOf(one) + 1} is missing: there is no file at ${one}. ` +
      'Fetch it from where you had the other parts, and put it beside them.',
    { details: { path: one } },
  );
}

async function readHeader(modelId: string, path: string, size: number): Promise<GgufHeader> {
  return (await readGgufHead(modelId, path, size)).header;
}

/**
 * Reads a file's header. The returned bytes may continue behind it.
 *
 * @throws {ModelError} `Model.Damaged`
 */
export async function readGgufHead(modelId: string, path: string, size: number): Promise<GgufHead> {
  const file = await open(path);
  try {
    return await parseGrowing(file, size);
  } catch (error) {
    if (error instanceof GgufHeaderError) throw damaged(modelId, path, error.message, error);
    throw error;
  } finally {
    await file.close();
  }
}

/** Reads the beginning of the file in growing lengths until the header is complete. */
async function parseGrowing(file: FileHandle, size: number): Promise<GgufHead> {
  for (let length = FIRST_READ_BYTES; ; length *= 4) {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(Math.min(length, size)), position: 0 });
    try {
      const bytes = buffer.subarray(0, bytesRead);
      return { header: parseGgufHeader(bytes, size), bytes };
    } catch (error) {
      if (!(error instanceof GgufHeaderCut) || length >= size || length >= MOST_HEADER_BYTES) throw error;
    }
  }
}

/** source: https://github.com/ggml-org/llama.cpp/blob/master/src/llama-model-loader.cpp, which makes the same checks of parts */
function checkSplit(modelId: string, paths: readonly string[], headers: readonly GgufHeader[]): void {
  for (const [index, { metadata }] of headers.entries()) {
    const path = paths[index] ?? '';
    const count = metadata.get('split.count') ?? 1;
    if (count !== paths.length) throw wronglyNamed(modelId, path, count, metadata.get('split.no'));
    const number = metadata.get('split.no') ?? 0;
    if (number !== index) {
      throw damaged(
        modelId,
        path,
        `its name says part ${index + 1} of ${paths.length}, its header part ${partOf(number)}`,
      );
    }
  }
  const wanted = headers[0]?.metadata.get('split.tensors.count');
  const found = headers.reduce((sum, { tensors }) => sum + tensors.length, 0);
  if (paths.length > 1 && wanted !== found) {
    throw damaged(
      modelId,
      paths[0] ?? '',
      `its ${paths.length} parts have ${found} tensors, but the first part declares ${shown(wanted)}; they are not parts of one model`,
    );
  }
}

/**
 * The header says that the file is a part but the name says that it is a whole model, or the reverse. The file may be intact and only need
 * another name.
 */
function wronglyNamed(modelId: string, path: string, count: unknown, number: unknown): ModelError {
  const name = ggufPartName(path);
  const byName = name === undefined ? 'a whole model' : `part ${name.part} of ${name.parts}`;
  const byHeader = count === 1 ? 'a whole model' : `part ${partOf(number)} of ${shown(count)}`;
  return new ModelError(
    'Model.NotFound',
    `The file of model "${modelId}" is ${byName} by its name, and ${byHeader} by its header: ${path}. ` +
      'Give it the name that it was published under: parts are found by NAME-00001-of-0000N.gguf.',
    { details: { path } },
  );
}

function partOf(number: unknown): string {
  return typeof number === 'number' ? String(number + 1) : '?';
}

function shown(count: unknown): string {
  return typeof count === 'number' ? String(count) : '?';
}
