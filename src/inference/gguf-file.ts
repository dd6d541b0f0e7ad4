import { open, stat } from 'node:fs/promises';
import { readGgufFileInfo } from 'node-llama-cpp';
import { ModelError } from './model-error.js';
import { findModelProfile } from './model-profiles.js';

/**
 * Checks what can be seen of a model's file before loading it: that it exists and begins like a GGUF.
 *
 * @throws {ModelError} `Model.NotFound` or `Model.Damaged`, with what to do.
 */
export async function checkGgufFile(modelId: string, path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined || !found.isFile()) {
    throw new ModelError(
      'Model.NotFound',
      `Model "${modelId}" has no file at ${path}. Check the path, or fetch it: colloquy models pull ${modelId}`,
    );
  }
  // source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, "magic"
  if ((await firstBytes(path, 4)) !== 'GGUF') throw damaged(modelId, path, 'it is not a GGUF file');
}

/**
 * Why the engine may have refused a file, from its header: tensors that lie beyond its end, or a header that does not parse.
 * Undefined when the header is whole: then the file is not to blame, or not in a way that can be told.
 */
export async function findGgufDamage(modelId: string, path: string): Promise<ModelError | undefined> {
  try {
    const { size } = await stat(path);
    const info = await readGgufFileInfo(path, { sourceType: 'filesystem', logWarnings: false });
    const end = Math.max(0, ...(info.fullTensorInfo ?? []).map(({ fileOffset }) => Number(fileOffset)));
    return end >= size ? damaged(modelId, path, `it is truncated: ${size} bytes of more than ${end}`) : undefined;
  } catch (error) {
    return damaged(modelId, path, `its header does not parse (${firstLine(error)})`);
  }
}

export function damaged(modelId: string, path: string, why: string, cause?: unknown): ModelError {
  // Of a file that was given by its path nobody knows where it came from.
  const again = findModelProfile(modelId) ? `: colloquy models pull ${modelId} --force` : ' from where you had it.';
  return new ModelError(
    'Model.Damaged',
    `The file of model "${modelId}" is damaged: ${why}. Delete ${path} and fetch it again${again}`,
    { cause, details: { path } },
  );
}

async function firstBytes(path: string, count: number): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(count), position: 0 });
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file.close();
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
