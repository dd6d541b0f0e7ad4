import { smollm2 } from '../../src/artefacts/catalogue.js';
import { fetchArtefact } from '../fetch-artefact.js';
import { openNodeLlamaCppModel } from '../../src/inference/process/node-llama-cpp-model.js';
import { promptsUnderAttack, STEADFAST } from '../../test/support/persona-drift.js';
import { benchRow } from '../bench-row.js';
import type { BenchOptions, BenchRow } from '../bench-row.js';

const TURNS = 100;

/** What is left of a persona after many turns that try to talk it out of its role. */
export async function benchPersonaDrift({ onNotice, signal }: BenchOptions): Promise<BenchRow[]> {
  onNotice('persona under attack');
  const modelPath = await fetchArtefact(smollm2, { onNotice, signal });
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
