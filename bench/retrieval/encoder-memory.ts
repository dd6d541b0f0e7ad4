import { readdirSync, readFileSync } from 'node:fs';
import type { EmbeddingModel } from '../../src/inference/embedding-model.js';
import { openLlamaEmbeddingModel } from '../../src/inference/process/llama-embedding-model.js';
import { benchRow, median, type BenchOptions, type BenchRow } from '../bench-row.js';
import { inTurns } from '../in-turns.js';

const MOST_MEGABYTES = 450;
const LARGEST_DIFFERENCE = 1e-5;
const TEXTS = 48;
const ROUNDS = 5;

interface Opened {
  readonly model: EmbeddingModel;
  readonly pid: number;
}

/**
 * The process of the embedding model with its words left in the file, against all of them in memory: what each holds after reading the same
 * passages, how far their vectors differ, and how fast they are in turns. Linux only, for what it tells of memory.
 */
export async function encoderMemoryRows(
  {
    modelId,
    modelPath,
    workFolder,
  }: { readonly modelId: string; readonly modelPath: string; readonly workFolder: string },
  texts: readonly string[],
  { quick, onNotice, signal }: BenchOptions,
): Promise<BenchRow[]> {
  const open = async (wordsOnDisk: boolean): Promise<Opened> => {
    const before = new Set(childrenOf(process.pid));
    const model = await openLlamaEmbeddingModel({ modelId, modelPath, gpu: false, wordsOnDisk, workFolder, onNotice });
    const [pid, ...others] = childrenOf(process.pid).filter((one) => !before.has(one));
    if (pid === undefined || others.length > 0) throw new Error('the process of the encoder cannot be told');
    return { model, pid };
  };
  const some = texts.filter((_, index) => index % Math.ceil(texts.length / TEXTS) === 0);
  const onDisk = await open(true);
  const inMemory = await open(false).catch(async (error: unknown) => {
    await onDisk.model.dispose();
    throw error;
  });
  try {
    let difference = 0;
    const speeds = { value: new Array<number>(), baseline: new Array<number>() };
    for (let round = 0; round < (quick ? 1 : ROUNDS) && !signal.aborted; round++) {
      onNotice(`embedding passages: round ${round + 1}`);
      const measure = async ({ model }: Opened): Promise<{ vectors: Float32Array[]; perSecond: number }> => {
        const startedAt = performance.now();
        const vectors = await model.embed(some, { purpose: 'passage', signal });
        return { vectors, perSecond: (some.length / (performance.now() - startedAt)) * 1000 };
      };
      const { value, baseline } = await inTurns(
        round,
        () => measure(onDisk),
        () => measure(inMemory),
      );
      difference = Math.max(difference, largestDifference(value.vectors, baseline.vectors));
      // The first one warms both up.
      if (round > 0 || quick) {
        speeds.value.push(value.perSecond);
        speeds.baseline.push(baseline.perSecond);
      }
    }
    const [few, all] = [memoryOf(onDisk.pid), memoryOf(inMemory.pid)];
    const memory = (what: string, of: (one: Memory) => number): BenchRow =>
      benchRow(
        {
          id: 'memory',
          what: `encoder’s process, ${what}, against all words in memory`,
          value: of(few),
          unit: 'MB',
          baseline: of(all),
        },
        { of: 'value', atMost: MOST_MEGABYTES },
      );
    return [
      memory('resident', ({ resident }) => resident),
      memory('resident at its peak, opening included', ({ peak }) => peak),
      memory('resident, shared pages by their share', ({ proportional }) => proportional),
      memory('anonymous part', ({ anonymous }) => anonymous),
      benchRow(
        {
          id: 'memory',
          what: 'largest difference of a component of the vectors',
          value: difference * 1e6,
          unit: 'millionths',
        },
        { of: 'value', atMost: LARGEST_DIFFERENCE * 1e6 },
      ),
      benchRow({
        id: '-',
        what: 'embedding passages, against all words in memory',
        value: median(speeds.value),
        unit: 'text/s',
        baseline: median(speeds.baseline),
      }),
    ];
  } finally {
    await onDisk.model.dispose();
    await inMemory.model.dispose();
  }
}

function largestDifference(some: readonly Float32Array[], others: readonly Float32Array[]): number {
  let largest = 0;
  for (const [index, vector] of some.entries()) {
    const other = others[index];
    if (other?.length !== vector.length) throw new Error('vectors of other lengths');
    for (const [component, value] of vector.entries()) {
      largest = Math.max(largest, Math.abs(value - (other[component] ?? Number.NaN)));
    }
  }
  return largest;
}

/** In megabytes of 10^6 bytes. */
interface Memory {
  readonly resident: number;
  readonly peak: number;
  /** Pages that several processes map count by their share. */
  readonly proportional: number;
  readonly anonymous: number;
}

/** source: proc_pid_smaps_rollup(5), and proc_pid_status(5) for the peak, in units of 1024 bytes */
function memoryOf(pid: number): Memory {
  const told = ['smaps_rollup', 'status'].map((name) => readFileSync(`/proc/${pid}/${name}`, 'utf8')).join('\n');
  const megabytes = (field: string): number =>
    (Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'mu').exec(told)?.[1]) * 1024) / 1e6;
  return {
    peak: megabytes('VmHWM'),
    resident: megabytes('Rss'),
    proportional: megabytes('Pss'),
    anonymous: megabytes('Anonymous'),
  };
}

/** Of all threads. source: proc_tid_children(5) */
function childrenOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  );
}
