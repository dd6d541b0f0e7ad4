import type { Checkpoint, GenerateRequest, LanguageModel } from '../../src/inference/language-model.js';
import { benchRow } from '../bench-row.js';
import type { BenchRow } from '../bench-row.js';
import { engineMemory, firstTokenMs, withModel } from './product.js';
import type { BenchSetting } from './setting.js';

const SUBJECTS = ['a fox', 'the sea', 'an old clock'];
const OUTPUT_TOKENS = 40;
const CUT_EVERY = 5;

/** How often a greedy answer goes on as if it had not stopped when its tokens are evaluated anew, as after a crash. */
export async function resumingRows({ modelPath, onNotice, quick, signal }: BenchSetting): Promise<BenchRow[]> {
  onNotice('resuming answers from their tokens');
  const counts = await withModel({ modelPath, threads: 1, sequences: 1, contextTokens: 512 }, async (model) => {
    const counted = { identical: 0, kept: 0, tried: 0 };
    for (const subject of quick ? SUBJECTS.slice(0, 1) : SUBJECTS) {
      const request: GenerateRequest = {
        prompt: { type: 'chat', messages: [{ role: 'user', text: `Tell me a long story about ${subject}.` }] },
        maxOutputTokens: OUTPUT_TOKENS,
      };
      const whole = await answer(model, request);
      for (let cut = CUT_EVERY; cut < OUTPUT_TOKENS && !signal.aborted; cut += CUT_EVERY) {
        const resumeFrom = whole.after[cut - 1];
        if (resumeFrom === undefined) continue;
        // Pushes the conversation out of the one sequence, so that nothing of it is left in memory.
        await firstTokenMs(model, 'Something else');
        const { text } = await answer(model, { ...request, resumeFrom });
        counted.tried++;
        if (text.startsWith(resumeFrom.text)) counted.kept++;
        if (text === whole.text) counted.identical++;
      }
    }
    return counted;
  });
  const percent = (count: number): number => (100 * count) / counts.tried;
  return [
    benchRow(
      {
        id: '-',
        what: `resumed from tokens at ${counts.tried} points: what was shown is kept`,
        value: percent(counts.kept),
        unit: '%',
      },
      { of: 'value', atLeast: 100 },
    ),
    benchRow({
      id: '-',
      what: `resumed from tokens at ${counts.tried} points: the rest is identical, too`,
      value: percent(counts.identical),
      unit: '%',
    }),
  ];
}

/** An answer, with the checkpoint after each of its pieces. */
async function answer(model: LanguageModel, request: GenerateRequest) {
  const after: Checkpoint[] = [];
  let sofar: Checkpoint = { text: '', tokens: [] };
  const { text } = await model.generate(request, {
    signal: new AbortController().signal,
    onDelta: (delta) => {
      sofar = { text: sofar.text + delta.text, tokens: [...sofar.tokens, ...delta.tokens] };
      after.push(sofar);
    },
  });
  return { text, after };
}

/** What the engine's process holds after many requests, against after some. */
export async function memoryRows({ modelPath, onNotice, quick, signal }: BenchSetting): Promise<BenchRow[]> {
  onNotice('memory after many short requests');
  const [some, many] = quick ? [20, 60] : [50, 250];
  return withModel({ modelPath, threads: 1, sequences: 4, contextTokens: 512 }, async (model) => {
    const serve = async (from: number, to: number): Promise<number> => {
      for (let i = from; i < to && !signal.aborted; i += 5) {
        await Promise.all([0, 1, 2, 3, 4].map((other) => firstTokenMs(model, `Note ${i + other}: the tide`)));
      }
      return engineMemory();
    };
    const baseline = await serve(0, some);
    const value = await serve(some, many);
    const what = `memory of the engine after ${many} requests, against after ${some}`;
    return [benchRow({ id: '-', what, value, unit: 'MiB', baseline })];
  });
}
