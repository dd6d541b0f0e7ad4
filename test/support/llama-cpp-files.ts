import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const bundle = fileURLToPath(new URL('../../node_modules/node-llama-cpp/llama/gitRelease.bundle', import.meta.url));

/**
 * Takes files of llama.cpp's repository, as node-llama-cpp ships it (`gitRelease.bundle`), into a folder: its chat templates
 * (`models/templates`) and vocabularies (`models/ggml-vocab-*.gguf`). They are read at test time and never committed.
 */
export async function takeLlamaCppFiles(folder: string, paths: readonly string[]): Promise<string> {
  const clone = join(folder, 'llama.cpp');
  await run('git', ['clone', '--quiet', '--no-checkout', bundle, clone]);
  await run('git', ['-C', clone, 'checkout', '--quiet', 'HEAD', '--', ...paths]);
  return clone;
}

const KEY = 'tokenizer.chat_template';

/** Writes a copy of a GGUF file without tensors, with a chat template in place of what it has. */
export async function writeWithTemplate(from: string, to: string, template: string): Promise<void> {
  const bytes = await readFile(from);
  // llama.cpp refuses a file that has a key twice: the old one gets another name, of the same length.
  const old = bytes.indexOf(text(KEY));
  if (old >= 0) bytes.write('_', old + 8 + KEY.length - 1);
  const header = Buffer.from(bytes.subarray(0, 24));
  header.writeBigUInt64LE(header.readBigUInt64LE(16) + 1n, 16);
  await writeFile(to, Buffer.concat([header, text(KEY), type(8), text(template), bytes.subarray(24)]));
}

function text(value: string): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(value)));
  return Buffer.concat([length, Buffer.from(value)]);
}

function type(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
