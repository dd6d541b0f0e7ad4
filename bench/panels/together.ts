import { smollm2 } from '../../src/artefacts/catalogue.js';
import { fetchArtefact } from '../fetch-artefact.js';
import type { PanelHandle, StartPanelOptions } from '../../src/client/index.js';
import type { ExpertProfile } from '../../src/domain/panel/expert.js';
import { panelWorkflowId } from '../../src/domain/panel/panel-id.js';
import { defaultEngines } from '../../src/inference/llama/default-threads.js';
import { openNodeLlamaCppModel } from '../../src/inference/process/node-llama-cpp-model.js';
import { createScriptedModel } from '../../src/inference/scripted-model.js';
import { expert, panelScript } from '../../test/support/scripted-panel.js';
import { benchRow, median } from '../bench-row.js';
import type { BenchOptions, BenchRow } from '../bench-row.js';
import { inTurns } from '../in-turns.js';
import { startPanelStack } from './panel-stack.js';
import type { PanelStack } from './panel-stack.js';

const NAMES = ['law', 'steel', 'water'];
const WORDS = 40;
const WORD_MS = 100;
const SCRIPTED_EXPERT_MS = WORDS * WORD_MS;

/** Long enough that most answers of the real model end by it, so that all write about as much. */
const ANSWER_TOKENS = 200;
const TASK = 'Write rules by which an office may use artificial intelligence without harm to anybody.';
const FIELDS: Readonly<Record<string, string>> = {
  law: 'What laws of data protection and of liability demand.',
  steel: 'What such programs can do, how they fail, and how that is measured.',
  water: 'How people in an office work, and what they must be taught.',
};

/** What it saves that experts work at the same time: on a model with a timing of its own, and on the default model. */
export async function benchTogether(options: BenchOptions): Promise<BenchRow[]> {
  const stack = await startPanelStack(options, { activitiesAtOnce: 1 });
  try {
    const rows = await scriptedRows(stack, options);
    return options.signal.aborted ? rows : [...rows, ...(await realRows(stack, options))];
  } finally {
    await stack.close();
  }
}

async function scriptedRows(stack: PanelStack, { quick, onNotice, signal }: BenchOptions): Promise<BenchRow[]> {
  const text = Array.from({ length: WORDS }, (_, index) => `word${index}`).join(' ');
  const model = createScriptedModel(panelScript({ answer: () => ({ text, delayMs: WORD_MS }) }), {
    modelId: 'scripted',
  });
  const stopModel = await stack.startModelWorker(model);
  const whole: number[] = [];
  const alone: number[] = [];
  for (let round = 1; round <= (quick ? 1 : 2) && !signal.aborted; round++) {
    onNotice(`scripted experts of ${SCRIPTED_EXPERT_MS / 1000} s each, round ${round}`);
    const settings = { task: `Task ${round}`, modelId: model.modelId };
    const one = await stack.client.startPanel({ ...settings, experts: [expert('law')], way: 'pipeline' });
    alone.push(await msOfExperts(one));
    const since = performance.now();
    const three = await stack.client.startPanel({ ...settings, experts: NAMES.map((name) => expert(name)) });
    await three.result();
    whole.push(performance.now() - since);
  }
  await stopModel();
  if (signal.aborted) return [];
  return [
    benchRow(
      {
        id: 'parallel-experts',
        what: 'whole panel of 3 scripted experts of 4 s, against one of them alone',
        value: median(whole),
        unit: 'ms',
        baseline: median(alone),
      },
      { of: 'ratio', atMost: 1.5 },
    ),
  ];
}

async function realRows(stack: PanelStack, { quick, onNotice, signal }: BenchOptions): Promise<BenchRow[]> {
  const modelPath = await fetchArtefact(smollm2, { onNotice, signal });
  const model = await openNodeLlamaCppModel({ modelId: 'smollm2', modelPath, gpu: false, engines: defaultEngines() });
  const stopModel = await stack.startModelWorker(model);
  try {
    const together: number[] = [];
    const alone: number[] = [];
    const tokens = { together: 0, alone: 0 };
    /** The panels of one round read and write the same: nothing of the one before may be left in the engine. */
    const forget = ({ panelId }: PanelHandle, asked: readonly ExpertProfile[]) =>
      Promise.all(asked.map(({ name }) => model.forget(`${panelWorkflowId(panelId)}/${name}`)));
    // The first round is not counted: the engine's first texts take longer.
    for (let round = 0; round <= (quick ? 1 : 4) && !signal.aborted; round++) {
      onNotice(`real experts together and alone, round ${round}`);
      // What comes second may find a machine that is warm, or busy.
      const { value, baseline } = await inTurns(
        round,
        async () => {
          // In a vote nobody else's step comes between: all are asked the task at once.
          const panel = await start(stack, { way: 'vote', experts: experts(round), modelId: model.modelId });
          const ms = await msOfExperts(panel);
          await forget(panel, experts(round));
          if (round > 0) tokens.together += await tokensOf(panel);
          return ms;
        },
        async () => {
          let ms = 0;
          for (const each of experts(round)) {
            const panel = await start(stack, { way: 'pipeline', experts: [each], modelId: model.modelId });
            ms += await msOfExperts(panel);
            await forget(panel, [each]);
            if (round > 0) tokens.alone += await tokensOf(panel);
          }
          return ms;
        },
      );
      if (round === 0) continue;
      together.push(value);
      alone.push(baseline);
    }
    if (signal.aborted) return [];
    return [
      benchRow(
        {
          id: 'parallel-experts',
          what: '3 experts together on the default model, against the sum of their times alone',
          value: median(together),
          unit: 'ms',
          baseline: median(alone),
        },
        { of: 'ratio', atMost: 0.75 },
      ),
      benchRow({
        id: '-',
        what: 'what they read and wrote together, against alone',
        value: tokens.together,
        unit: 'tokens',
        baseline: tokens.alone,
      }),
    ];
  } finally {
    await stopModel();
    await model.dispose();
  }
}

/** With the round's mark before all else: another round's prompt shares no beginning with it. */
function experts(mark: number): ExpertProfile[] {
  return NAMES.map((name) => ({
    name,
    responsibility: FIELDS[name] ?? name,
    persona: `${mark}. You are an expert in a panel, and you answer in whole sentences.`,
  }));
}

function start(
  stack: PanelStack,
  options: Pick<StartPanelOptions, 'way' | 'experts' | 'modelId'>,
): Promise<PanelHandle> {
  return stack.client.startPanel({ task: TASK, limits: { answerTokens: ANSWER_TOKENS }, ...options });
}

/** From the first question to the last answer with its assessment, by the panel's own clock. */
async function msOfExperts(panel: PanelHandle): Promise<number> {
  const { absent } = await panel.result();
  if (absent.length > 0) throw new Error(`an expert gave no answer: ${JSON.stringify(absent)}`);
  const { questions } = await panel.status();
  const times = (key: 'startedAt' | 'endedAt') => questions.map((question) => Date.parse(question[key] ?? ''));
  return Math.max(...times('endedAt')) - Math.min(...times('startedAt'));
}

async function tokensOf(panel: PanelHandle): Promise<number> {
  return (await panel.status()).questions.reduce((sum, { tokens = 0 }) => sum + tokens, 0);
}
