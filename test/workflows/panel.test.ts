import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { StartPanelOptions } from '../../src/client/panels-client.js';
import type { PanelHandle } from '../../src/client/panel-handle.js';
import { renderResult } from '../../src/domain/panel/render-result.js';
import { ModelError } from '../../src/inference/model-error.js';
import { createScriptedModel } from '../../src/inference/scripted-model.js';
import type { ScriptedModel, Script } from '../../src/inference/scripted-model.js';
import { createToolRegistry } from '../../src/tools/tool-registry.js';
import { defineTool } from '../../src/tools/tool.js';
import { SURE, expert, panelRequest, panelScript, plan } from '../support/scripted-panel.js';
import { createSessionStack } from '../support/session-stack.js';
import type { SessionStack } from '../support/session-stack.js';
import { startTestServer } from '../support/temporal.js';

let env: TestWorkflowEnvironment;
let stack: SessionStack;
beforeAll(async () => {
  env = await startTestServer();
});
afterAll(() => env.teardown());
afterEach(() => stack.close());

const task = 'Build a bridge';

async function panelWith(
  script: Script,
  options: Partial<StartPanelOptions> = {},
): Promise<{ panel: PanelHandle; model: ScriptedModel; stopModel: () => Promise<void> }> {
  const model = createScriptedModel(script, { modelId: stack.newId('scripted') });
  const stopModel = await stack.startModelWorker(model);
  const experts = [expert('law'), expert('steel')];
  const panel = await stack.client.startPanel({ task, experts, modelId: model.modelId, ...options });
  return { panel, model, stopModel };
}

const steps = (model: ScriptedModel): string[] =>
  model.requests.map(panelRequest).map(({ step, expert: name }) => (name === '' ? step : `${step} ${name}`));

describe.each([{ maxCachedWorkflows: 0 }, { maxCachedWorkflows: 100 }])('a panel, cached %o', (cache) => {
  beforeEach(async () => {
    stack = createSessionStack(env);
    await stack.startSessionsWorker(cache);
  });

  it('plans, asks, judges and integrates, with attribution', async () => {
    const { panel, model } = await panelWith(
      panelScript({ plan: () => plan(['law', 'What is allowed?'], ['steel', 'What holds?', ['law']]) }),
    );
    const result = await panel.result();
    expect(result).toMatchObject({
      outcome: 'complete',
      conclusion: 'All in all, so be it.',
      conclusionBy: 'coordinator',
      rounds: 1,
      absent: [],
    });
    expect(
      result.contributions.map(({ expert: name, question, text, confidence }) => [name, question, text, confidence]),
    ).toEqual([
      ['law', 'What is allowed?', 'law says so', 'high'],
      ['steel', 'What holds?', 'steel says so', 'high'],
    ]);
    expect(steps(model)).toEqual([
      'plan',
      'answer law',
      'assessment law',
      'answer steel',
      'assessment steel',
      'verdict',
      'synthesis',
    ]);
    // What a question waits for is given along with it.
    expect(panelRequest(model.requests[3] ?? never()).text).toContain('| law says so');
    expect(result.tokens.spent).toBeGreaterThan(0);
    expect(renderResult(result)).toContain('### steel');
    expect((await panel.status()).questions.map(({ state }) => state)).toEqual(['answered', 'answered']);
  });

  it('asks again until the answers are enough, and tells where experts disagree', async () => {
    const { panel, model } = await panelWith(
      panelScript({
        plan: () => plan(['law', 'A?'], ['steel', 'B?']),
        verdict: (_, count) =>
          count === 1
            ? JSON.stringify({
                disagreements: [{ between: ['law', 'steel'], about: 'the width' }],
                enough: false,
                followUps: [{ expert: 'law', question: 'How wide?' }],
              })
            : '{"disagreements":[],"enough":true,"followUps":[]}',
      }),
    );
    const result = await panel.result();
    expect(result.rounds).toBe(2);
    expect(result.disagreements).toEqual([{ between: ['law', 'steel'], about: 'the width' }]);
    expect(result.contributions.map(({ questionId, expert: name }) => `${questionId} ${name}`)).toEqual([
      '1.1 law',
      '1.2 steel',
      '2.1 law',
    ]);
    expect(steps(model).filter((step) => step === 'verdict')).toHaveLength(2);
  });

  it('ends after the rounds that it may take', async () => {
    const { panel } = await panelWith(
      panelScript({
        plan: () => plan(['law', 'A?']),
        verdict: (_, count) =>
          JSON.stringify({
            disagreements: [],
            enough: false,
            followUps: [{ expert: 'law', question: `More ${count}?` }],
          }),
      }),
      { limits: { rounds: 3 } },
    );
    expect(await panel.result()).toMatchObject({ outcome: 'complete', rounds: 3 });
  });

  it('goes on without an expert that fails, declines or is late, and says so', async () => {
    const { panel } = await panelWith(
      panelScript({
        answer: ({ expert: name }) =>
          name === 'law'
            ? new ModelError('Model.Unsupported', 'No such decoding.')
            : name === 'late'
              ? { stall: true }
              : `${name} says so`,
        assessment: ({ expert: name }) =>
          name === 'other' ? '{"confidence":"low","sources":[],"withinResponsibility":false}' : SURE,
      }),
      { experts: [expert('law'), expert('steel'), expert('other'), expert('late', { timeoutSeconds: 1 })] },
    );
    const result = await panel.result();
    expect(result.contributions.map(({ expert: name }) => name)).toEqual(['steel']);
    expect(result.absent.map(({ expert: name, state }) => `${name} ${state}`)).toEqual([
      'law failed',
      'other declined',
      'late late',
    ]);
    expect(result.absent[0]?.reason).toBe('No such decoding.');
    expect(result.outcome).toBe('complete');
    expect(renderResult(result)).toContain('- **law** (failed)');
  });

  it('tries an expert again as often as it may', async () => {
    const unavailable = new ModelError('Model.Unavailable', 'Busy.', { retryAfterMs: 10 });
    const { panel, model } = await panelWith(
      panelScript({ answer: ({ expert: name }, count) => (name === 'law' || count < 4 ? unavailable : 'fine') }),
      { experts: [expert('law', { maxAttempts: 2 }), expert('steel', { maxAttempts: 9 })] },
    );
    const result = await panel.result();
    expect(result.absent).toMatchObject([{ expert: 'law', state: 'failed', reason: 'Busy.' }]);
    expect(result.contributions).toMatchObject([{ expert: 'steel', text: 'fine' }]);
    expect(steps(model).filter((step) => step === 'answer law')).toHaveLength(2);
  });

  it('asks no more at once than it may, and all that may be', async () => {
    let now = 0;
    let most = 0;
    const experts = Array.from({ length: 6 }, (_, index) => expert(`e${index}`));
    const { panel } = await panelWith(
      panelScript({
        answer: () => {
          most = Math.max(most, ++now);
          return { text: 'one two three', delayMs: 60 };
        },
        assessment: () => {
          now--;
          return SURE;
        },
      }),
      { experts, limits: { expertsAtOnce: 3 } },
    );
    expect((await panel.result()).contributions).toHaveLength(6);
    expect(most).toBe(3);
  });

  it('ends in the best of what there is when its time is up', async () => {
    const { panel } = await panelWith(
      panelScript({ answer: ({ expert: name }) => (name === 'law' ? 'law says so' : { stall: true }) }),
      { limits: { deadlineSeconds: 4 } },
    );
    const result = await panel.result();
    expect(result).toMatchObject({ outcome: 'deadline', conclusion: 'All in all, so be it.' });
    expect(result.contributions.map(({ expert: name }) => name)).toEqual(['law']);
    expect(result.absent).toMatchObject([{ expert: 'steel', state: 'late' }]);
    expect(result.seconds).toBeLessThan(8);
  });

  it('ends in the best of what there is when its tokens are spent', async () => {
    const { panel } = await panelWith(panelScript(), {
      experts: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => expert(name)),
      limits: { tokenBudget: 900, answerTokens: 100, expertsAtOnce: 1 },
    });
    const result = await panel.result();
    expect(result.tokens.spent).toBeLessThanOrEqual(900);
    expect(result).toMatchObject({ outcome: 'budget', conclusion: 'All in all, so be it.' });
    expect(result.contributions.length).toBeGreaterThan(0);
    expect(result.absent.length).toBeGreaterThan(0);
    expect(result.absent.map(({ state }) => state)).toContain('skipped');
    const { panel: poor } = await panelWith(panelScript(), { limits: { tokenBudget: 10 } });
    expect(await poor.result()).toMatchObject({
      outcome: 'no-answers',
      conclusion: '',
      tokens: { spent: 0, budget: 10 },
    });
  });

  it('is stopped, and keeps what there was', async () => {
    const { panel } = await panelWith(
      panelScript({ answer: ({ expert: name }) => (name === 'law' ? 'law says so' : { stall: true, text: 'half' }) }),
    );
    await expect
      .poll(async () => (await panel.status()).questions.map(({ state }) => state))
      .toEqual(['answered', 'asking']);
    await panel.cancel();
    const result = await panel.result();
    expect(result.outcome).toBe('cancelled');
    expect(result.contributions[0]).toMatchObject({ expert: 'law', text: 'law says so' });
    await expect(panel.addRemark('late')).rejects.toMatchObject({ type: 'PanelEnded' });
  });

  it('takes another expert and a remark while it runs', async () => {
    const { panel, model } = await panelWith(
      panelScript({ answer: ({ expert: name }) => ({ text: `${name} says so now`, delayMs: 300 }) }),
    );
    await expect.poll(async () => (await panel.status()).activity).toBe('asking');
    await panel.addExpert(expert('water'));
    await panel.addRemark('Mind the ships');
    await expect(panel.addExpert(expert('water'))).rejects.toMatchObject({ type: 'InvalidRequest' });
    await expect(panel.addExpert({ ...expert('x'), persona: '' })).rejects.toThrow('Expert "x": The persona is empty');
    await expect(panel.addRemark(' ')).rejects.toMatchObject({ type: 'InvalidRequest' });
    const result = await panel.result();
    expect(result.contributions.map(({ expert: name }) => name)).toEqual(['law', 'steel', 'water']);
    expect(panelRequest(model.requests.at(-1) ?? never()).text).toContain('| Mind the ships');
  });

  it('waits for a person: for the plan, a question, the result', async () => {
    const { panel, model } = await panelWith(
      panelScript({
        verdict: () =>
          JSON.stringify({ disagreements: [], enough: false, followUps: [], askPerson: 'How long is it?' }),
        synthesis: (_, count) => `Draft ${count}`,
      }),
      { review: { plan: true, questions: true, result: true } },
    );
    const waits = async (kind: string): Promise<string> => {
      await expect.poll(async () => (await panel.status()).review?.kind).toBe(kind);
      return (await panel.status()).review?.reviewId ?? never();
    };
    const first = await waits('plan');
    await expect(panel.approve('other')).rejects.toThrow(`The pending review is ${first}.`);
    await expect(panel.approve(first, { plan: [{ expert: 'nobody', question: 'x', after: [] }] })).rejects.toThrow(
      'no expert "nobody"',
    );
    await panel.refuse(first, 'Shorter');
    const second = await waits('plan');
    expect(second).not.toBe(first);
    await panel.approve(second, { plan: [{ expert: 'steel', question: 'How strong?', after: [] }] });
    await panel.approve(await waits('question'), { text: '90 m' });
    const draft = await waits('result');
    expect((await panel.status()).review?.text).toBe('Draft 1');
    await panel.refuse(draft, 'In verse');
    await panel.approve(await waits('result'));
    const result = await panel.result();
    expect(result.conclusion).toBe('Draft 2');
    expect(result.remarks).toEqual(['Shorter', 'How long is it? – 90 m', 'In verse']);
    expect(result.contributions).toMatchObject([{ expert: 'steel', question: 'How strong?' }]);
    expect(steps(model).filter((step) => step === 'plan')).toHaveLength(2);
  });

  it('answers for the tools of its experts', async () => {
    const paid: number[] = [];
    await stack.startToolsWorker(createToolRegistry([payTool(paid)]));
    const base = panelScript();
    const { panel } = await panelWith(
      (request) => {
        if (request.jsonSchema?.anyOf === undefined) return typeof base === 'function' ? base(request) : never();
        const text = request.prompt.type === 'chat' ? (request.prompt.messages.at(-1)?.text ?? '') : '';
        return text.includes('paid 5')
          ? '{"action":"answer"}'
          : '{"action":"call","tool":"pay","arguments":{"amount":5}}';
      },
      { experts: [expert('law', { tools: ['pay'] })] },
    );
    await expect.poll(async () => (await panel.status()).waitingCalls.length).toBe(1);
    const [call] = (await panel.status()).waitingCalls;
    expect(call).toMatchObject({ expert: 'law', tool: 'pay', arguments: { amount: 5 } });
    await expect(panel.approveCall('9.9/1.1')).rejects.toMatchObject({ type: 'InvalidRequest' });
    await panel.approveCall(call?.callId ?? never());
    expect((await panel.result()).contributions).toMatchObject([{ expert: 'law' }]);
    expect(paid).toEqual([5]);
  });

  it('tells an expert that its call was refused, and why', async () => {
    const paid: number[] = [];
    await stack.startToolsWorker(createToolRegistry([payTool(paid)]));
    const base = panelScript();
    const { panel, model } = await panelWith(
      (request) => {
        if (request.jsonSchema?.anyOf === undefined) return typeof base === 'function' ? base(request) : never();
        const text = request.prompt.type === 'chat' ? (request.prompt.messages.at(-1)?.text ?? '') : '';
        return text.includes('Too dear')
          ? '{"action":"answer"}'
          : '{"action":"call","tool":"pay","arguments":{"amount":5}}';
      },
      { experts: [expert('law', { tools: ['pay'] })] },
    );
    await expect.poll(async () => (await panel.status()).waitingCalls.length).toBe(1);
    await panel.refuseCall((await panel.status()).waitingCalls[0]?.callId ?? never(), 'Too dear');
    expect((await panel.result()).contributions).toMatchObject([{ expert: 'law' }]);
    const asked = model.requests.map(panelRequest).findLast(({ step }) => step === 'answer');
    expect(asked?.text).toContain('Too dear');
    expect(paid).toEqual([]);
  });

  it('works as a pipeline, each on the one before', async () => {
    const { panel, model } = await panelWith(panelScript(), {
      way: 'pipeline',
      experts: ['intent', 'dialogue', 'reply'].map((name) => expert(name)),
    });
    expect(await panel.result()).toMatchObject({
      conclusion: 'reply says so',
      conclusionBy: 'reply',
      outcome: 'complete',
    });
    expect(steps(model).filter((step) => step.startsWith('answer'))).toEqual([
      'answer intent',
      'answer dialogue',
      'answer reply',
    ]);
    expect(panelRequest(model.requests.at(-2) ?? never()).text).toContain('| dialogue says so');
  });

  it('works as a debate: all answer each other, then it is judged', async () => {
    const { panel, model } = await panelWith(panelScript(), { way: 'debate' });
    expect(await panel.result()).toMatchObject({ rounds: 2, conclusionBy: 'coordinator' });
    const answers = model.requests
      .map(panelRequest)
      .filter(({ step, expert: name }) => step === 'answer' && name === 'law');
    expect(answers).toHaveLength(2);
    expect(answers[1]?.text).toContain('| steel says so');
  });

  it('works as a vote: the majority, else the one that is chosen', async () => {
    const three = ['a', 'b', 'c'].map((name) => expert(name));
    const { panel } = await panelWith(
      panelScript({ answer: ({ expert: name }) => (name === 'a' ? 'No.' : name === 'b' ? 'Yes!' : 'yes') }),
      { way: 'vote', experts: three },
    );
    expect(await panel.result()).toMatchObject({ conclusion: 'Yes!', conclusionBy: 'b' });
    const { panel: split } = await panelWith(
      panelScript({ answer: ({ expert: name }) => name, choice: () => '{"best":3}' }),
      { way: 'vote', experts: three },
    );
    expect(await split.result()).toMatchObject({ conclusion: 'c', conclusionBy: 'c' });
    const { panel: lone, model } = await panelWith(panelScript(), { way: 'vote', experts: [expert('a')] });
    expect((await lone.result()).contributions).toHaveLength(3);
    const seeds = model.requests
      .filter((each) => panelRequest(each).step === 'answer')
      .map(({ decoding }) => decoding?.seed);
    expect(new Set(seeds)).toEqual(new Set([1, 2, 3]));
  });

  it('makes a useful run of a coordinator that gives nothing', async () => {
    const damaged = new ModelError('Model.Damaged', 'The file is cut.');
    const { panel } = await panelWith(
      panelScript({ plan: () => damaged, verdict: () => 'no JSON', synthesis: () => damaged }),
    );
    const result = await panel.result();
    expect(result.contributions.map(({ expert: name, question }) => `${name}: ${question}`)).toEqual([
      `law: ${task}`,
      `steel: ${task}`,
    ]);
    expect(result.conclusion).toBe('');
    expect(result.notes.join('\n')).toContain('The coordinator gave no synthesis: The file is cut.');
  });

  it('goes on when all workers of the model were lost in round 2, and asks nobody twice', async () => {
    let stalls = true;
    const script = panelScript({
      verdict: (_, count) =>
        count === 1
          ? JSON.stringify({
              disagreements: [],
              enough: false,
              followUps: [
                { expert: 'law', question: 'A?' },
                { expert: 'steel', question: 'B?' },
              ],
            })
          : '{"disagreements":[],"enough":true,"followUps":[]}',
      answer: ({ expert: name, text }) =>
        name === 'steel' && text.includes('B?') && stalls ? { stall: true, text: 'half of' } : `${name} says so`,
    });
    const { panel, model, stopModel } = await panelWith(script);
    await expect
      .poll(async () => (await panel.status()).questions.map(({ state }) => state).join())
      .toBe('answered,answered,answered,asking');
    await stopModel();
    stalls = false;
    const other = createScriptedModel(script, { modelId: model.modelId });
    await stack.startModelWorker(other);
    expect(await panel.result()).toMatchObject({ outcome: 'complete', rounds: 2 });
    const both = [...steps(model), ...steps(other)];
    expect(both.filter((step) => step === 'answer law')).toHaveLength(2);
    // Once in round 1, once begun and once gone on with in round 2.
    expect(both.filter((step) => step === 'answer steel')).toHaveLength(3);
    expect(other.requests[0]?.resumeFrom?.text).toBe('half of');
  });
});

it('completes forty panels at once, each question asked once', async () => {
  stack = createSessionStack(env);
  await stack.startSessionsWorker();
  const model = createScriptedModel(panelScript(), { modelId: stack.newId('scripted') });
  await stack.startModelWorker(model);
  const experts = [expert('law'), expert('steel'), expert('water')];
  const panels = await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      stack.client.startPanel({ task: `Task ${n}`, experts, modelId: model.modelId }),
    ),
  );
  const results = await Promise.all(panels.map((panel) => panel.result()));
  for (const { outcome, contributions } of results) {
    expect(outcome).toBe('complete');
    expect(contributions.map(({ expert: name }) => name)).toEqual(['law', 'steel', 'water']);
  }
  expect(steps(model).filter((step) => step.startsWith('answer'))).toHaveLength(120);
}, 180_000);

it('refuses bad panels before anything starts', async () => {
  stack = createSessionStack(env);
  const start = (options: object): Promise<unknown> =>
    stack.client.startPanel({ task, experts: [expert('law')], modelId: 'm', ...options });
  await expect(start({ experts: [] })).rejects.toMatchObject({ type: 'InvalidRequest' });
  await expect(start({ experts: [expert('law'), expert('law')] })).rejects.toThrow('"law" is named twice');
  await expect(start({ way: 'brawl' })).rejects.toThrow(
    '"way" must be one of coordinator, pipeline, debate, vote, not "brawl".',
  );
  await expect(start({ limits: { rounds: 0 } })).rejects.toThrow('"limits.rounds" must be a whole number above 0');
  await expect(start({ panelId: 'a/b' })).rejects.toMatchObject({ type: 'InvalidRequest' });
  await expect(stack.client.panel('never-was').status()).rejects.toMatchObject({ type: 'PanelNotFound' });
  await start({ panelId: 'twice' });
  await expect(start({ panelId: 'twice' })).rejects.toMatchObject({ type: 'PanelExists' });
  await expect
    .poll(async () => (await stack.client.listPanels()).map(({ panelId, state }) => `${panelId} ${state}`))
    .toContain('twice running');
});

/** Needs approval; keeps what was paid. */
function payTool(paid: number[]) {
  return defineTool({
    name: 'pay',
    description: 'Pays.',
    parameters: z.object({ amount: z.number() }),
    needsApproval: true,
    timeoutMs: 5_000,
    maxAttempts: 1,
    run: ({ amount }) => {
      paid.push(amount);
      return `paid ${amount}`;
    },
  });
}

function never(): never {
  throw new Error('not there');
}
