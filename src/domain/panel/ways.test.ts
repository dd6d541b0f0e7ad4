import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_USAGE } from '../session/conversation.js';
import { MAX_ROUNDS, WAYS, faultsOfPanel } from './panel.js';
import { faultsOfPlan, orderPlan, parsePlan, planSchema, repairPlan } from './plan.js';
import { parsePartialJson } from './partial-json.js';
import { freeTokens, newBudget, reserve, settle } from './budget.js';
import { panelResult } from './result.js';
import {
  addExpert,
  askQuestions,
  endQuestion,
  isOpenQuestion,
  newPanel,
  readyQuestions,
  recordPlan,
  recordVerdict,
  startQuestion,
} from './state.js';
import type { ExpertOutcome, PanelState } from './state.js';
import { parseVerdict, verdictSchema } from './verdict.js';
import { nextStep } from './ways.js';

const NAMES = ['law', 'steel', 'water', 'wood'];
const profile = (name: string) => ({ name, responsibility: name, persona: name });
const anyName = fc.oneof(fc.constantFrom(...NAMES), fc.string());
const anyQuestion = fc.record({
  expert: anyName,
  question: fc.string(),
  after: fc.array(anyName, { maxLength: 4 }),
});

describe('a plan', () => {
  it('keeps the order that experts have in any case, and waits for nobody in a circle', () => {
    const plan = repairPlan(
      [
        { expert: 'law', question: 'a', after: ['steel'] },
        { expert: 'steel', question: 'b', after: [] },
        { expert: 'water', question: 'c', after: ['law'] },
      ],
      NAMES,
      't',
    );
    const experts = NAMES.map(profile).map((each) =>
      each.name === 'steel' ? { ...each, after: ['law', 'wood'] } : each,
    );
    // "wood" is not asked; "law" would wait for "steel", which waits for "law".
    expect(orderPlan(plan, experts).questions.map(({ expert, after }) => [expert, after])).toEqual([
      ['law', []],
      ['steel', ['law']],
      ['water', ['law']],
    ]);
  });

  it('can be followed, whatever it was made of', () => {
    fc.assert(
      fc.property(fc.array(anyQuestion, { maxLength: 12 }), (given) => {
        const { questions } = repairPlan(given, NAMES, 'the task');
        expect(questions.length).toBeGreaterThan(0);
        const asked = questions.map(({ expert }) => expert);
        expect(new Set(asked).size).toBe(asked.length);
        const done = new Set<string>();
        // Each pass can ask some expert: none waits in a circle, or for an expert that is not asked.
        for (let left = questions; left.length > 0;) {
          const ready = left.filter(({ after }) => after.every((name) => done.has(name)));
          expect(ready.length).toBeGreaterThan(0);
          for (const { expert, question } of ready) {
            expect(NAMES).toContain(expert);
            expect(question.trim()).not.toBe('');
            done.add(expert);
          }
          left = left.filter(({ expert }) => !done.has(expert));
        }
        // And nothing is left to repair.
        expect(repairPlan(questions, NAMES, 'the task')).toEqual({ questions, repairs: [] });
        expect(faultsOfPlan(questions, NAMES, 'the task')).toEqual([]);
      }),
    );
  });

  it('is read as far as it was written', () => {
    fc.assert(
      fc.property(
        fc.array(anyQuestion, { minLength: 1, maxLength: 5 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (questions, part) => {
          const text = JSON.stringify({ questions });
          const cut = text.slice(0, Math.max(1, Math.floor(text.length * part)));
          expect(parsePartialJson(text)).toEqual({ questions });
          expect(parsePlan(cut, NAMES, 'the task')?.questions.length).toBeGreaterThan(0);
        },
      ),
    );
  });

  it('of a person is refused rather than mended', () => {
    const question = { expert: 'law', question: 'x', after: [] };
    expect(faultsOfPlan([], NAMES, 't')).toHaveLength(1);
    expect(faultsOfPlan([{ ...question, expert: 'nobody' }], NAMES, 't')[0]).toContain('no expert "nobody"');
    expect(faultsOfPlan([{ ...question, after: ['steel'] }], NAMES, 't')[0]).toContain('waits for "steel"');
    const circle = [
      { ...question, after: ['steel'] },
      { ...question, expert: 'steel', after: ['law'] },
    ];
    expect(faultsOfPlan(circle, NAMES, 't')[0]).toContain('wait for its own');
    expect(planSchema(NAMES).required).toEqual(['questions']);
  });
});

describe('a verdict', () => {
  it('asks nobody the same twice, and names only who is there', () => {
    const asked = [
      { expert: 'law', text: 'How wide?' },
      { expert: 'steel', text: 'How wide?' },
      { expert: 'wood', text: 'How wide?', state: 'failed' },
    ];
    const text = JSON.stringify({
      disagreements: [
        { between: ['law', 'law'], about: 'itself' },
        { between: ['law', 'steel', 'nobody'], about: 'width' },
        { between: ['law', 'wood'], about: 'height' },
        { between: ['law', 'steel'], about: 'law' },
      ],
      enough: false,
      followUps: [
        { expert: 'law', question: 'How wide?' },
        { expert: 'nobody', question: 'x' },
        { expert: 'steel', question: 'Why?' },
        { expert: 'steel', question: 'Why?' },
      ],
    });
    expect(parseVerdict(text, NAMES, asked)).toEqual({
      enough: false,
      disagreements: [{ between: ['law', 'steel'], about: 'width' }],
      followUps: [{ expert: 'steel', question: 'Why?' }],
    });
    expect(parseVerdict('{"disagreements":[],"enough":false,"followUps":[]}', NAMES, asked)?.enough).toBe(true);
    expect(parseVerdict('nothing', NAMES, asked)).toBeUndefined();
    expect(verdictSchema(['law']).properties?.disagreements?.maxItems).toBe(0);
  });
});

describe('a budget', () => {
  it('never gives more than there is, and gets back what was not spent', () => {
    const step = fc.record({
      inputTokens: fc.nat(500),
      outputTokens: fc.integer({ min: 1, max: 500 }),
      keepBack: fc.nat(300),
    });
    fc.assert(
      fc.property(fc.nat(5_000), fc.array(step, { maxLength: 20 }), (limit, steps) => {
        let budget = newBudget(limit);
        steps.forEach((each, index) => {
          const granted = reserve(budget, String(index), each);
          if (granted === undefined) return;
          ({ budget } = granted);
          expect(granted.outputTokens).toBeLessThanOrEqual(each.outputTokens);
          expect(freeTokens(budget)).toBeGreaterThanOrEqual(each.keepBack);
        });
        for (const [id, most] of Object.entries(budget.reserved)) budget = settle(budget, id, Math.floor(most / 2));
        expect(budget.spent).toBeLessThanOrEqual(limit);
        expect(freeTokens(budget)).toBe(limit - budget.spent);
      }),
    );
  });
});

describe('every way to work together', () => {
  it('comes to an end, with each question ended once and every expert accounted for', () => {
    const anyOutcome = fc.constantFrom<ExpertOutcome['state']>('answered', 'declined', 'failed', 'late');
    fc.assert(
      fc.property(
        fc.constantFrom(...WAYS),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 6 }),
        fc.infiniteStream(anyOutcome),
        fc.infiniteStream(
          fc.array(fc.record({ expert: fc.constantFrom(...NAMES), question: fc.string({ minLength: 1 }) }), {
            maxLength: 3,
          }),
        ),
        fc.nat(12),
        (way, expertCount, rounds, outcomes, followUps, joinAfter) => {
          const experts = NAMES.slice(0, expertCount).map(profile);
          let state = newPanel({
            panelId: 'p',
            task: 't',
            modelId: 'm',
            experts,
            way,
            limits: { rounds, expertsAtOnce: 2 },
          });
          let steps = 0;
          for (;;) {
            expect(++steps).toBeLessThan(200);
            if (steps === joinAfter) state = addExpert(state, profile('late-comer'));
            const step = nextStep(state);
            if (step.type === 'give-up' || step.type === 'synthesise' || step.type === 'conclude') break;
            if (step.type === 'plan')
              state = recordPlan(
                state,
                repairPlan(
                  [],
                  state.experts.map(({ name }) => name),
                  't',
                ),
              );
            else if (step.type === 'choose')
              state = { ...state, choice: state.questions.find((each) => each.state === 'answered')?.questionId };
            else if (step.type === 'judge') {
              const asked: readonly { expert: string; question: string }[] = followUps.next().value;
              state = recordVerdict(state, {
                enough: asked.length === 0,
                disagreements: [],
                followUps: asked.filter(({ expert }) => experts.some(({ name }) => name === expert)),
              });
            } else {
              state = run(askQuestions(state, step.round, step.questions), () => outcomes.next().value);
            }
          }
          expect(state.questions.filter(isOpenQuestion)).toEqual([]);
          expect(state.round).toBeLessThanOrEqual(Math.max(rounds, 1));
          expect(state.round).toBeLessThanOrEqual(MAX_ROUNDS);
          const ids = state.questions.map(({ questionId }) => questionId);
          expect(new Set(ids).size).toBe(ids.length);
          const result = panelResult(state, { outcome: 'complete', conclusion: '', usage: NO_USAGE, seconds: 0 });
          const named = new Set([...result.contributions, ...result.absent].map(({ expert }) => expert));
          for (const { name } of state.experts) expect(named).toContain(name);
        },
      ),
    );
  });

  function run(given: PanelState, outcome: () => ExpertOutcome['state']): PanelState {
    let state = given;
    for (;;) {
      const ready = readyQuestions(state);
      expect(ready.length).toBeLessThanOrEqual(2);
      if (ready.length === 0) return state;
      for (const { questionId } of ready) state = startQuestion(state, questionId, '');
      for (const { questionId } of ready)
        state = endQuestion(state, questionId, { state: outcome(), text: 'x', usage: NO_USAGE }, '');
    }
  }
});

it('takes anything for settings, and names the faults', () => {
  fc.assert(
    fc.property(fc.anything(), (settings) => {
      expect(faultsOfPanel(settings).length).toBeGreaterThan(0);
    }),
  );
  expect(faultsOfPanel({ task: 't', modelId: 'm', experts: [profile('law')] })).toEqual([]);
  const large = { ...profile('law'), persona: 'x'.repeat(10_000_000) };
  expect(faultsOfPanel({ task: 't', modelId: 'm', experts: [large] })).toEqual([
    'Expert "law": The persona is too large: 10,000,000 bytes, at most 32,768. Shorten it or send it in parts.',
  ]);
});
