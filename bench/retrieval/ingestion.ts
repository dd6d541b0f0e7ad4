import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { benchRow } from '../bench-row.js';
import type { BenchOptions, BenchRow } from '../bench-row.js';
import { readEvaluationSet } from './evaluation-set.js';
import type { Passage } from './evaluation-set.js';
import { startRetrievalStack } from './retrieval-stack.js';

const PASSAGES = 1_000;
const PASSAGES_OF_A_DOCUMENT = 100;

/**
 * How fast documents become searchable: from the client's call to the end of the workflow, with the real model and database. Compare builds
 * by `--against`.
 */
export async function benchIngestion(options: BenchOptions): Promise<BenchRow[]> {
  const { quick, onNotice } = options;
  const count = quick ? PASSAGES / 10 : PASSAGES;
  const { passages } = await readEvaluationSet();
  const stack = await startRetrievalStack(options);
  try {
    for (let from = 0; from < count; from += PASSAGES_OF_A_DOCUMENT) {
      const some = passages.slice(from, Math.min(count, from + PASSAGES_OF_A_DOCUMENT));
      writeFileSync(join(stack.folder, `passages-${from}.md`), some.map(section).join('\n\n'));
    }
    const { knowledge, folder } = stack;
    await knowledge.create('bench');
    // What is opened when it is first used is not what is measured.
    const first = join(folder, 'first.txt');
    writeFileSync(first, 'Something to begin with.');
    await ingest(first);
    onNotice(`ingesting ${count} passages`);
    const since = performance.now();
    const chunks = await ingest(folder);
    const seconds = (performance.now() - since) / 1000;
    return [
      benchRow({
        id: '-',
        what: `ingestion of ${count} passages, ${chunks} chunks`,
        value: count / seconds,
        unit: 'passage/s',
      }),
    ];

    async function ingest(source: string): Promise<number> {
      const ended = await (await knowledge.ingest({ knowledgeBase: 'bench', sources: [source] })).result();
      if (ended === undefined || ended.documents.failed > 0) throw new Error(`not ingested: ${JSON.stringify(ended)}`);
      return ended.chunks;
    }
  } finally {
    await stack.close();
  }
}

function section({ title, text }: Passage): string {
  return `## ${title}\n\n${text}`;
}
