import { createScriptedModel } from '../../src/inference/scripted-model.js';
import { expert, panelRequest, panelScript } from '../../test/support/scripted-panel.js';
import { benchRow, median } from '../bench-row.js';
import type { BenchOptions, BenchRow } from '../bench-row.js';
import { inTurns } from '../in-turns.js';
import { startPanelStack } from './panel-stack.js';

const PANELS_AT_ONCE = 100;
/** Answers that a model worker writes at once when its model does not say. */
const ACTIVITIES_AT_ONCE = 4;
const EXPERTS = [expert('law'), expert('steel'), expert('water')];

/** A hundred panels at once: whether each is whole, and what they cost beside the same workflows with nothing in them. */
export async function benchThroughput(options: BenchOptions): Promise<BenchRow[]> {
  const { quick, onNotice, signal } = options;
  const rounds = quick ? 2 : 4;
  const stack = await startPanelStack(options, { activitiesAtOnce: ACTIVITIES_AT_ONCE });
  try {
    const model = createScriptedModel(panelScript(), { modelId: 'scripted' });
    await stack.startModelWorker(model);
    const rates = { panel: [] as number[], bare: [] as number[] };
    let incomplete = 0;
    // The first of both is not counted: it loads the code.
    for (let round = 0; round <= rounds && !signal.aborted; round++) {
      onNotice(`${PANELS_AT_ONCE} panels at once, and ${PANELS_AT_ONCE} bare fan-outs: round ${round} of ${rounds}`);
      // A server slows down with what it has run, by a third within a minute.
      const { value, baseline } = await inTurns(
        round,
        () =>
          perSecond(async (n) => {
            const started = await stack.client.startPanel({
              panelId: `bench-${round}-${n}`,
              task: `Task ${n} of round ${round}`,
              experts: EXPERTS,
              modelId: model.modelId,
            });
            const { outcome, contributions } = await started.result();
            if (outcome !== 'complete' || contributions.length !== EXPERTS.length) incomplete++;
          }),
        () => perSecond(async (n) => stack.runBare(`bare-${round}-${n}`, EXPERTS.length)),
      );
      if (round === 0) continue;
      rates.panel.push(value);
      rates.bare.push(baseline);
    }
    if (signal.aborted) return [];
    return [
      benchRow(
        {
          id: 'throughput',
          what: `of ${PANELS_AT_ONCE} panels at once, those that did not complete`,
          value: incomplete,
          unit: '',
        },
        { of: 'value', atMost: 0 },
      ),
      benchRow(
        {
          id: 'throughput',
          what: 'questions that an expert was asked twice',
          value: askedTwice(model.requests),
          unit: '',
        },
        { of: 'value', atMost: 0 },
      ),
      benchRow(
        {
          id: 'throughput',
          what: `${PANELS_AT_ONCE} panels of 3 experts at once, against bare fan-outs of the same shape`,
          value: median(rates.panel),
          unit: 'panel/s',
          baseline: median(rates.bare),
        },
        { of: 'ratio', atLeast: 0.8 },
      ),
    ];
  } finally {
    await stack.close();
  }
}

async function perSecond(run: (n: number) => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await Promise.all(Array.from({ length: PANELS_AT_ONCE }, (_, n) => run(n)));
  return (PANELS_AT_ONCE * 1_000) / (performance.now() - since);
}

function askedTwice(requests: readonly Parameters<typeof panelRequest>[0][]): number {
  const questions = requests
    .map(panelRequest)
    .filter(({ step }) => step === 'answer')
    .map(({ expert: name, text }) => `${name}: ${text}`);
  return questions.length - new Set(questions).size;
}
