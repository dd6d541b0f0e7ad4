import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAssessment } from '../../src/domain/panel/assessment.js';
import { planRequest, verdictRequest } from '../../src/domain/panel/coordinator-prompts.js';
import type { CoordinatorRequest } from '../../src/domain/panel/coordinator-prompts.js';
import type { ExpertProfile } from '../../src/domain/panel/expert.js';
import { assessmentRequest } from '../../src/domain/panel/expert-question.js';
import { parsePlan } from '../../src/domain/panel/plan.js';
import { laterMessages, renderPrompt } from '../../src/domain/panel/prompt.js';
import { renderResult } from '../../src/domain/panel/render-result.js';
import { askQuestions, endQuestion, newPanel } from '../../src/domain/panel/state.js';
import { parseVerdict } from '../../src/domain/panel/verdict.js';
import type { LanguageModel } from '../../src/inference/language-model.js';
import { openNodeLlamaCppModel } from '../../src/inference/process/node-llama-cpp-model.js';
import { createSessionStack } from '../support/session-stack.js';
import type { SessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';
import { chatModelFile } from './model-file.js';

const modelPath = chatModelFile();
const task = '制定人工智能合规标准,避免人工智能伤害人类';
const experts: readonly ExpertProfile[] = [
  {
    name: 'computer-scientist',
    responsibility: 'What AI systems can and cannot do, how they fail, and what can be measured.',
    persona: 'You are a computer scientist. You know how AI systems are built and tested.',
  },
  {
    name: 'law-expert',
    responsibility: 'Laws and liability that concern AI systems.',
    persona: 'You are a lawyer. You know the law of technology.',
  },
];
/** Of 100, as docs/performance-panels.md tells, it takes four minutes: `COLLOQUY_TEST_SEEDS=100`. */
const SEEDS = Number(process.env['COLLOQUY_TEST_SEEDS'] ?? 20);

describe.skipIf(modelPath === undefined)('panels on real weights', () => {
  let model: LanguageModel;
  let env: TestWorkflowEnvironment;
  let stack: SessionStack;
  beforeAll(async () => {
    model = await openNodeLlamaCppModel({ modelId: 'panel-model', modelPath: modelPath ?? '' });
    env = await startTestServer();
    stack = createSessionStack(env);
    await stack.startSessionsWorker();
  });
  afterAll(async () => {
    await stack.close();
    await env.teardown();
    await model.dispose();
  });

  const fresh = newPanel({ panelId: 'p', task, experts, modelId: 'm' });
  const usage = { inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, durationMs: 0 };
  const answered = ['1.1', '1.2'].reduce(
    (state, id) =>
      endQuestion(state, id, { state: 'answered', text: 'Test the systems and name who is liable.', usage }, ''),
    askQuestions(
      fresh,
      1,
      experts.map(({ name }) => ({ expert: name, text: task })),
    ),
  );

  async function written(
    { prompt, schema, maxOutputTokens }: CoordinatorRequest,
    { seed, cacheKey }: { readonly seed: number; readonly cacheKey: string },
  ): Promise<string> {
    const { text, finishReason } = await model.generate(
      {
        prompt: {
          type: 'chat',
          persona: prompt.persona,
          messages: [{ role: 'user', text: renderPrompt(prompt) }, ...laterMessages(prompt)],
        },
        maxOutputTokens,
        ...(schema && { jsonSchema: schema }),
        decoding: { temperature: 0.9, seed },
        cacheKey,
      },
      { signal: new AbortController().signal, onDelta: () => undefined },
    );
    return finishReason === 'stop' ? text : `${text}\u0000${finishReason}`;
  }

  it.each(['plan', 'verdict', 'assessment'] as const)(
    `a %s is read on each of ${SEEDS} seeds`,
    async (what) => {
      const expertInput = {
        panelId: 'p',
        questionId: '1.1',
        profile: { ...(experts[0] as ExpertProfile), modelId: 'm' },
        task,
        question: task,
        material: [],
        maxOutputTokens: 400,
        deadline: '',
        userId: 'p',
        maxToolCalls: 1,
        approvalSeconds: 1,
      };
      const request = {
        plan: planRequest(fresh, undefined),
        verdict: verdictRequest(answered, undefined, false),
        assessment: assessmentRequest(expertInput, 'Test the systems.'),
      }[what];
      const names = experts.map(({ name }) => name);
      const isRead = {
        plan: (text: string) => (parsePlan(text, names, task)?.questions.length ?? 0) > 0,
        verdict: (text: string) => parseVerdict(text, names, []) !== undefined,
        assessment: (text: string) => parseAssessment(text).confidence !== 'unknown',
      }[what];
      let cut = 0;
      let next = 1;
      // Each goes on from the prompt that its sequence holds.
      const writeSome = async (cacheKey: string): Promise<void> => {
        while (next <= SEEDS) {
          const [text = '', early] = (await written(request, { seed: next++, cacheKey })).split('\u0000');
          if (early !== undefined) cut++;
          const isWhole = early !== undefined || isJson(text);
          expect({ text, isWhole, isRead: isRead(text) }).toEqual({ text, isWhole: true, isRead: true });
        }
      };
      await Promise.all(['a', 'b', 'c', 'd'].map(writeSome));
      process.stderr.write(`${what}: ${cut} of ${SEEDS} ended early, and were read all the same\n`);
    },
    600_000,
  );

  it('answers the standing example, with every expert attributed', async () => {
    await stack.startModelWorker(model);
    const panel = await stack.client.startPanel({
      task,
      experts,
      modelId: model.modelId,
      limits: { answerTokens: 120, rounds: 2 },
    });
    const result = await panel.result();
    process.stderr.write(`${renderResult(result)}\n`);
    expect(result.outcome).toBe('complete');
    expect(result.conclusion).not.toBe('');
    const heard = new Set(result.contributions.map(({ expert }) => expert));
    expect(heard).toEqual(new Set(['computer-scientist', 'law-expert']));
    expect(result.absent).toEqual([]);
    for (const { text } of result.contributions) expect(text).not.toBe('');
    expect(result.notes.filter((note) => note.startsWith('The coordinator gave no'))).toEqual([]);
  }, 600_000);
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
