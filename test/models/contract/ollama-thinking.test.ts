import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type {
  GenerateRequest,
  GenerateResult,
  LanguageModel,
  TextDelta,
} from '../../../src/inference/language-model.js';
import { openOllamaModel } from '../../../src/inference/ollama/ollama-model.js';
import { startOllama } from '../../support/ollama-server.js';
import { writeScriptedGguf } from '../../support/scripted-gguf.js';

const TEMPLATE = `{{ range .Messages }}<|im_start|>{{ .Role }}
{{ if .Thinking }}<think>{{ .Thinking }}</think>{{ end }}{{ .Content }}<|im_end|>
{{ end }}<|im_start|>assistant
<think>
`;
/** Single bytes, each once: so that text is tokenized again as it was written. */
const SCRIPT = [...'Who?'.split(''), '</think>', ...'Paris.'.split('')];

const folder = await mkdtemp(join(tmpdir(), 'colloquy-thinking-'));
const modelPath = join(folder, 'thinking.gguf');
await writeScriptedGguf(modelPath, {
  script: SCRIPT,
  template: '',
  after: '\n',
  specials: ['<|im_start|>', '<|im_end|>', '<think>', '</think>'],
  endToken: '<|im_end|>',
  // Some milliseconds a token, so that an answer can be stopped in its middle.
  idleWeights: 20_000_000,
});
const ollama = await startOllama('plain', modelPath);

afterAll(async () => {
  await ollama?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe.skipIf(ollama === undefined)('a thinking model on Ollama', { timeout: 120_000 }, () => {
  const { host = '' } = ollama ?? {};
  let model: LanguageModel;

  /** Stops the answer once `stopAt` is written of thoughts and text together. */
  async function ask(resumeFrom?: GenerateRequest['resumeFrom'], stopAt = Number.POSITIVE_INFINITY) {
    const stopped = new AbortController();
    const deltas: TextDelta[] = [];
    let written = (resumeFrom?.thinking ?? '').length + (resumeFrom?.text ?? '').length;
    const result: GenerateResult = await model.generate(
      {
        prompt: { type: 'chat', messages: [{ role: 'user', text: 'Capital?' }] },
        maxOutputTokens: 50,
        resumeFrom,
        decoding: { repetitionPenalty: 1 },
      },
      {
        signal: stopped.signal,
        onDelta(delta) {
          deltas.push(delta);
          written += delta.text.length;
          if (written >= stopAt) stopped.abort();
        },
      },
    );
    return { result, tokens: deltas.flatMap((delta) => delta.tokens) };
  }

  it('has its thoughts apart, and goes on wherever it was stopped', async () => {
    await ollama?.create('thinking', `TEMPLATE """${TEMPLATE}"""\n`);
    model = await openOllamaModel({ modelId: 'ollama:thinking', name: 'thinking', host });
    try {
      const whole = { text: 'Paris.', thinking: 'Who?', finishReason: 'stop' };
      expect((await ask()).result).toMatchObject(whole);
      for (const stopAt of [1, 2, 5, 7]) {
        const { result, tokens } = await ask(undefined, stopAt);
        expect(result).toMatchObject({ finishReason: 'cancelled' });
        const { text, thinking } = result;
        expect((await ask({ text, thinking, tokens })).result).toMatchObject(whole);
      }
    } finally {
      await model.dispose();
    }
  });
});
