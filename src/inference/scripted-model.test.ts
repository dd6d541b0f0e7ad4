import { describe, expect, it } from 'vitest';
import type { GenerateRequest, TextDelta } from './language-model.js';
import { ModelError } from './model-error.js';
import { createScriptedModel, type ScriptedModel } from './scripted-model.js';

function ask(model: ScriptedModel, rest: Partial<GenerateRequest> = {}, signal = new AbortController().signal) {
  const deltas: TextDelta[] = [];
  const request: GenerateRequest = {
    prompt: { type: 'chat', messages: [{ role: 'user', text: 'how are you' }] },
    maxOutputTokens: 100,
    ...rest,
  };
  const result = model.generate(request, { signal, onDelta: (delta) => deltas.push(delta) });
  return { deltas, result };
}

describe('the scripted model', () => {
  it('replies in order, in words, and records the requests', async () => {
    const model = createScriptedModel(['very well', { text: 'thanks' }]);
    const first = ask(model);
    await expect(first.result).resolves.toMatchObject({ text: 'very well', finishReason: 'stop' });
    expect(first.deltas).toEqual([
      { offset: 0, text: 'very', tokens: [0] },
      { offset: 4, text: ' well', tokens: [1] },
    ]);
    await expect(ask(model).result).resolves.toMatchObject({
      text: 'thanks',
      usage: { inputTokens: 3, outputTokens: 1 },
    });
    expect(model.requests).toHaveLength(2);
  });

  it('fails loudly when the script is over', async () => {
    await expect(ask(createScriptedModel([])).result).rejects.toThrow('The script is over: request 1 has no reply');
  });

  it('replies to what was asked when the script is a function', async () => {
    const model = createScriptedModel(({ prompt }) => (prompt.type === 'chat' ? (prompt.messages[0]?.text ?? '') : ''));
    await expect(ask(model).result).resolves.toMatchObject({ text: 'how are you' });
  });

  it('throws the error it is told to', async () => {
    const error = new ModelError('Model.Unavailable', 'busy', { retryAfterMs: 5 });
    await expect(ask(createScriptedModel([error])).result).rejects.toBe(error);
  });

  it('stalls until it is cancelled and keeps what it wrote', async () => {
    const controller = new AbortController();
    const { result } = ask(createScriptedModel([{ stall: true, text: 'one two' }]), {}, controller.signal);
    setTimeout(() => controller.abort(), 20);
    await expect(result).resolves.toMatchObject({ text: 'one two', finishReason: 'cancelled' });
  });

  it('stalls until its time is over, or until it is disposed of', async () => {
    const model = createScriptedModel(() => ({ stall: true }));
    await expect(ask(model, { timeoutMs: 20 }).result).resolves.toMatchObject({ text: '', finishReason: 'deadline' });
    const { result } = ask(model);
    await model.dispose();
    await expect(result).resolves.toMatchObject({ finishReason: 'cancelled' });
  });

  it('streams slowly when told to', async () => {
    const startedAt = performance.now();
    await ask(createScriptedModel([{ text: 'a b c', delayMs: 20 }])).result;
    expect(performance.now() - startedAt).toBeGreaterThan(50);
  });

  it('goes on from a checkpoint', async () => {
    const { result, deltas } = ask(createScriptedModel(['a b c']), { resumeFrom: { text: 'a', tokens: [0] } });
    await expect(result).resolves.toMatchObject({ text: 'a b c', usage: { outputTokens: 3 } });
    expect(deltas[0]).toEqual({ offset: 1, text: ' b', tokens: [1] });
  });

  it('honours the limits', async () => {
    const model = createScriptedModel(() => 'a b c d');
    await expect(ask(model, { maxOutputTokens: 2 }).result).resolves.toMatchObject({
      text: 'a b',
      finishReason: 'length',
    });
    await expect(ask(model, { stop: [' c'] }).result).resolves.toMatchObject({ text: 'a b', finishReason: 'stop' });
    const tiny = createScriptedModel(['a'], { contextTokens: 3 });
    await expect(ask(tiny).result).rejects.toMatchObject({ type: 'Model.ContextOverflow' });
  });

  it('counts the words of persona and messages', async () => {
    const model = createScriptedModel([]);
    const messages = [{ role: 'user' as const, text: ' two  words ' }];
    await expect(model.countPromptTokens({ type: 'chat', persona: 'be kind', messages })).resolves.toBe(4);
  });
});
