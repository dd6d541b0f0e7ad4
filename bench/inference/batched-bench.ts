import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { resolveHome } from '../../src/artefacts/home.js';

/** Where `scripts/get-llama-batched-bench.sh` puts it; `COLLOQUY_BATCHED_BENCH` names another. */
export function findBatchedBench(env: NodeJS.ProcessEnv): string | undefined {
  const path = env.COLLOQUY_BATCHED_BENCH ?? join(resolveHome(env), 'bench', 'llama-batched-bench');
  return existsSync(path) ? path : undefined;
}

/** Tokens a second of all sequences together, while generating, of llama.cpp alone: no sampling, no text, no JavaScript. */
export async function batchedBenchThroughput(options: {
  readonly path: string;
  readonly modelPath: string;
  readonly threads: number;
  readonly sequences: number;
  /** Tokens that each sequence generates. */
  readonly tokens: number;
}): Promise<number> {
  const { path, modelPath, threads, sequences, tokens } = options;
  const context = ['-c', String(256 * sequences), '-b', '512', '-ngl', '0'];
  const work = ['-npp', '10', '-ntg', String(tokens), '-npl', String(sequences)];
  const compute = ['-t', String(threads), '-tb', String(threads)];
  const { stdout } = await promisify(execFile)(path, [
    '-m',
    modelPath,
    ...context,
    ...work,
    ...compute,
    '--output-format',
    'jsonl',
  ]);
  const line = stdout.split('\n').find((each) => each.startsWith('{'));
  if (line === undefined) throw new Error(`${path} printed no result:\n${stdout}`);
  return resultSchema.parse(JSON.parse(line)).speed_tg;
}

/** Of llama.cpp's tools/batched-bench/batched-bench.cpp: tokens a second while generating. */
const resultSchema = z.object({ speed_tg: z.number() });
