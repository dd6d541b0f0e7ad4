import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { resolveHome } from '../../src/artefacts/home.js';
import type { LanguageModel } from '../../src/inference/language-model.js';
import { openNodeLlamaCppModel } from '../../src/inference/process/node-llama-cpp-model.js';
import { openOllamaModel } from '../../src/inference/ollama/ollama-model.js';
import { startOllamaServer } from '../../test/support/ollama-server.js';
import { benchRow, median } from '../bench-row.js';
import type { BenchOptions, BenchRow } from '../bench-row.js';

const NAME = 'bench';
const SEQUENCES = 4;
const CONTEXT_TOKENS = 512;

/** Our engine beside Ollama, both behind the same interface, with one thread, the same weights and sampling. Nothing where there is no Ollama. */
export async function benchOllama(options: BenchOptions & { readonly modelPath: string }): Promise<BenchRow[]> {
  const { modelPath, quick, onNotice, signal } = options;
  const program = findOllama(process.env);
  if (program === undefined) {
    onNotice('Ollama is not there: its rows are left out. Get it by scripts/get-ollama.sh');
    return [];
  }
  const threads = 1;
  const server = await startOllamaServer({ program, modelName: NAME, modelPath, threads, sequences: SEQUENCES });
  const models: LanguageModel[] = [];
  try {
    const common = { contextTokens: CONTEXT_TOKENS, threads };
    const ours = await openNodeLlamaCppModel({
      modelId: 'ours',
      modelPath,
      gpu: false,
      sequences: SEQUENCES,
      ...common,
    });
    models.push(ours);
    const ollama = await openOllamaModel({ modelId: `ollama:${NAME}`, name: NAME, host: server.host, ...common });
    models.push(ollama);
    const rows: BenchRow[] = [];
    for (const streams of [1, SEQUENCES]) {
      const measured = { ours: [] as Speed[], ollama: [] as Speed[] };
      for (let i = 0; i < (quick ? 1 : 5) && !signal.aborted; i++) {
        onNotice(`beside Ollama: ${streams} streams, run ${i + 1}`);
        const tokens = quick ? 16 : 64;
        // Interleaved: what else the machine does then slows both alike. The first answer of all loads Ollama's model.
        if (i === 0) for (const model of models) await measure(model, { streams, tokens: 2, seed: 0 });
        measured.ours.push(await measure(ours, { streams, tokens, seed: 100 * i }));
        measured.ollama.push(await measure(ollama, { streams, tokens, seed: 100 * i }));
      }
      if (measured.ollama.length === 0) return rows;
      const of = `${streams} stream${streams > 1 ? 's' : ''} at temperature 0.8, 1 thread, against Ollama`;
      const pair = (field: keyof Speed) => ({
        value: median(measured.ours.map((speed) => speed[field])),
        baseline: median(measured.ollama.map((speed) => speed[field])),
      });
      rows.push(
        benchRow({ id: '-', what: `generating, ${of}`, unit: 'token/s', ...pair('tokensPerSecond') }),
        benchRow({ id: '-', what: `first token, ${of}`, unit: 'ms', ...pair('firstTokenMs') }),
      );
    }
    return rows;
  } finally {
    for (const model of models) await model.dispose();
    await server.stop();
  }
}

interface Speed {
  /** Of all streams together, from the first token to the last one's end. */
  readonly tokensPerSecond: number;
  /** The streams' median. */
  readonly firstTokenMs: number;
}

async function measure(
  model: LanguageModel,
  { streams, tokens, seed }: { readonly streams: number; readonly tokens: number; readonly seed: number },
): Promise<Speed> {
  const startedAt = performance.now();
  const results = await Promise.all(
    Array.from({ length: streams }, (_, stream) =>
      model.generate(
        {
          prompt: { type: 'text', text: `Chapter ${seed + stream}. The old harbour was a place where` },
          maxOutputTokens: tokens,
          decoding: { temperature: 0.8, seed: seed + stream },
        },
        { signal: new AbortController().signal, onDelta: () => undefined },
      ),
    ),
  );
  const elapsedMs = performance.now() - startedAt;
  const firstTokenMs = median(results.map((result) => result.firstTokenMs));
  const written = results.reduce((sum, { usage }) => sum + usage.outputTokens, 0);
  return { firstTokenMs, tokensPerSecond: (written / Math.max(1, elapsedMs - firstTokenMs)) * 1000 };
}

/** As `scripts/get-ollama.sh` looks for it, building nothing. */
function findOllama(env: NodeJS.ProcessEnv): string | undefined {
  if (env.OLLAMA_BIN) return env.OLLAMA_BIN;
  const onPath = (env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'ollama'));
  return [...onPath, join(resolveHome(env), 'tools', 'ollama-0.6.5', 'ollama')].find((path) => existsSync(path));
}
