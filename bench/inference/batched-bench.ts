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

/** Tokens a second of all sequences together, of llama.cpp alone: no sampling, no text, no JavaScript. */
export async function batchedBenchSpeed(options: {
  readonly path: string;
  readonly modelPath: string;
  readonly threads: number;
  readonly sequences: number;
  readonly promptTokens: number;
  /** Tokens that each sequence generates. */
  readonly tokens: number;
}): Promise<{ readonly prefill: number; readonly generating: number }> {
  const { path, modelPath, threads, sequences, promptTokens, tokens } = options;
  const contextTokens = Math.ceil((promptTokens + tokens) / 256) * 256;
  const context = ['-m', modelPath, '-c', String(contextTokens * sequences), '-b', '512', '-ngl', '0'];
  const work = ['-npp', String(promptTokens), '-ntg', String(tokens), '-npl', String(sequences)];
  const compute = ['-t', String(threads), '-tb', String(threads), '--output-format', 'jsonl'];
  const { stdout } = await promisify(execFile)(path, [...context, ...work, ...compute]);
  const line = stdout.split('\n').find((each) => each.startsWith('{'));
  if (line === undefined) throw new Error(`${path} printed no result:\n${stdout}`);
  const { speed_pp: prefill, speed_tg: generating } = resultSchema.parse(JSON.parse(line));
  return { prefill, generating };
}

/** Of llama.cpp's tools/batched-bench/batched-bench.cpp: tokens a second of prompt and while generating. */
const resultSchema = z.object({ speed_pp: z.number(), speed_tg: z.number() });
