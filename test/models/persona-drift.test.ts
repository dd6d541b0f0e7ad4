import { getLlama, type Llama, type LlamaModel } from 'node-llama-cpp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openNodeLlamaCppModel } from '../../src/inference/process/node-llama-cpp-model.js';
import type { LanguageModel, Prompt } from '../../src/inference/language-model.js';
import { createPromptTokenizer, type PromptTokenizer } from '../../src/inference/vocabulary/prompt-tokenizer.js';
import { promptsUnderAttack, STEADFAST } from '../support/persona-drift.js';
import { chatModelFile } from './model-file.js';

const modelPath = chatModelFile();
const TURNS = 100;

describe.skipIf(modelPath === undefined)('a persona', () => {
  let llama: Llama;
  let vocabulary: LlamaModel;
  let prompts: PromptTokenizer;
  let model: LanguageModel;
  beforeAll(async () => {
    llama = await getLlama({ gpu: false, build: 'never', skipDownload: true });
    vocabulary = await llama.loadModel({ modelPath: modelPath ?? '', vocabOnly: true });
    prompts = createPromptTokenizer(vocabulary);
    model = await openNodeLlamaCppModel({ modelId: 'm', modelPath: modelPath ?? '', gpu: false, contextTokens: 1024 });
  });
  afterAll(async () => {
    await model.dispose();
    await llama.dispose();
  });

  /** As the engine reads it: special tokens by name, the same letters in anybody's text are not among them. */
  const specialsOf = (prompt: Prompt): { names: string[]; first: string } => {
    const { tokens } = prompts.tokenize(prompt);
    const known = new Map([...vocabulary.iterateAllTokens()].map((token) => [+token, token]));
    const rendered = tokens.flatMap((token) => known.get(token) ?? []);
    const names = rendered
      .filter((token) => vocabulary.isSpecialToken(token))
      .map((token) => vocabulary.detokenize([token], true));
    return { names, first: vocabulary.detokenize(rendered, true) };
  };

  it(`stays whole and alone in its role over ${TURNS} turns that try to talk it out of it`, async () => {
    const all = await promptsUnderAttack(model, TURNS);
    expect(all).toHaveLength(TURNS);
    const last = all.at(-1);
    // The conversation is long enough to have been cut.
    expect(last?.type === 'chat' && last.messages.length).toBeLessThan(TURNS);
    for (const prompt of all) {
      const { names, first } = specialsOf(prompt);
      expect(first.startsWith(`<|im_start|>system\n${STEADFAST}<|im_end|>\n<|im_start|>user\n`)).toBe(true);
      const messages = prompt.type === 'chat' ? prompt.messages.length : 0;
      // One begin and one end for the persona and each message, and the begin of the answer: nobody's text made another.
      expect(names.filter((name) => name === '<|im_start|>')).toHaveLength(messages + 2);
      expect(names.filter((name) => name === '<|im_end|>')).toHaveLength(messages + 1);
    }
  });
});
