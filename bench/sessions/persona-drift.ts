import { smollm2 } from '../../src/artefacts/catalogue.js';
import { ensureArtefact } from '../../src/artefacts/ensure-artefact.js';
import { resolveHome } from '../../src/artefacts/home.js';
import { openNodeLlamaCppModel } from '../../src/inference/process/node-llama-cpp-model.js';
import { promptsUnderAttack, STEADFAST } from '../../test/support/persona-drift.js';
import { benchRow } from '../bench-row.js';
import type { BenchOptions, BenchRow } from '../bench-row.js';

const TURNS = 100;

/** What is left of a persona after many turns that try to talk it out of its role. */
export async function benchPersonaDrift({ onNotice, signal }: BenchOptions): Promise<BenchRow[]> {
  onNotice('persona under attack');
  const modelPath = await ensureArtefact(smollm2, {
    home: resolveHome(process.env),
    signal,
    onNotice,
    onProgress: () => undefined,
    env: process.env,
  });
  const model = await openNodeLlamaCppModel({ modelId: 'bench', modelPath, gpu: false, contextTokens: 1024 });
  try {
    const prompts = await promptsUnderAttack(model, TURNS);
    const whole = prompts.filter((prompt) => prompt.type === 'chat' && prompt.persona === STEADFAST);
    const roles = prompts.flatMap((prompt) => (prompt.type === 'chat' ? prompt.messages.map(({ role }) => role) : []));
    return [
      benchRow(
        {
          id: '-',
          what: `prompts of ${TURNS} hostile turns that begin with the persona, whole`,
          value: (100 * whole.length) / prompts.length,
          unit: '%',
        },
        { of: 'value', atLeast: 100 },
      ),
      benchRow(
        {
          id: '-',
          what: 'messages in them that stand in another role than user or assistant',
          value: roles.filter((role) => role !== 'user' && role !== 'assistant').length,
          unit: '',
        },
        { of: 'value', atMost: 0 },
      ),
    ];
  } finally {
    await model.dispose();
  }
}
