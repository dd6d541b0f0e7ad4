import { basename } from 'node:path';

/** The part of a split model that a file's name denotes. */
export interface GgufPartName {
  /** The path up to the number, including the folder. */
  readonly prefix: string;
  /** Number of the part, from 1. */
  readonly part: number;
  readonly parts: number;
}

/** source: https://github.com/ggml-org/llama.cpp/blob/master/src/llama.cpp, `llama_split_path` and `llama_split_prefix` */
const PART = /^(?<prefix>.*[^/\\])-(?<part>\d{5})-of-(?<parts>\d{5})\.gguf$/su;

/** The part that a path `NAME-00001-of-0000N.gguf` names; undefined for the name of a whole model. */
export function ggufPartName(path: string): GgufPartName | undefined {
  const { prefix, part, parts } = PART.exec(path)?.groups ?? {};
  if (prefix === undefined || Number(part) < 1 || Number(part) > Number(parts)) return undefined;
  return { prefix, part: Number(part), parts: Number(parts) };
}

/** Paths of all files of the model that a path belongs to, in their order. Engines take the first one and find the others. */
export function ggufPartPaths(path: string): [first: string, ...rest: string[]] {
  const name = ggufPartName(path);
  if (name === undefined) return [path];
  const { prefix, parts } = name;
  const at = (part: number): string => `${prefix}-${numbered(part)}-of-${numbered(parts)}.gguf`;
  return [at(1), ...Array.from({ length: parts - 1 }, (_, index) => at(index + 2))];
}

/** The name of a model's file without `.gguf` and the part number. */
export function ggufModelName(path: string): string {
  return basename(ggufPartName(path)?.prefix ?? path, '.gguf');
}

function numbered(part: number): string {
  return String(part).padStart(5, '0');
}
