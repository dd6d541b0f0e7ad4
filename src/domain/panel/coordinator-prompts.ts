import type { JsonSchema } from '../json-schema.js';
import { DEFAULT_COORDINATOR_PERSONA } from './panel.js';
import type { Coordinator } from './panel.js';
import { planSchema } from './plan.js';
import type { Material, PanelPrompt } from './prompt.js';
import { answeredQuestions } from './state.js';
import type { AskedQuestion, PanelState } from './state.js';
import { verdictSchema } from './verdict.js';

/** Request to the coordinator's model in one step. */
export interface CoordinatorRequest {
  readonly prompt: PanelPrompt;
  /** Missing: free text. */
  readonly schema?: JsonSchema;
  readonly maxOutputTokens: number;
}

/** Tokens for each expert's question in a plan, in any script. */
const PLAN_TOKENS_PER_EXPERT = 200;
const VERDICT_TOKENS = 500;
const SYNTHESIS_TOKENS = 600;
const CHOICE_TOKENS = 24;

export function planRequest(state: PanelState, coordinator: Coordinator | undefined): CoordinatorRequest {
  const experts = state.experts.map(({ name }) => name);
  const [first = 'expert'] = experts;
  return {
    prompt: {
      persona: personaOf(coordinator),
      material: remarksOf(state),
      question: [
        `The experts of this panel:\n${expertLines(state)}`,
        `The task:\n${state.task}`,
        'Plan, as JSON, which expert is asked what. Ask each expert one short question of its own field, in the language of the task. ' +
          `"after" names experts whose answers this one needs first; mostly it is []. ` +
          `Like this: {"questions":[{"expert":"${first}","question":"…","after":[]}]}`,
      ].join('\n\n'),
    },
    schema: planSchema(experts),
    maxOutputTokens: Math.min(2_000, 200 + experts.length * PLAN_TOKENS_PER_EXPERT),
  };
}

export function verdictRequest(
  state: PanelState,
  coordinator: Coordinator | undefined,
  mayAskPerson: boolean,
): CoordinatorRequest {
  const experts = state.experts.map(({ name }) => name);
  return {
    prompt: {
      persona: personaOf(coordinator),
      material: [...answersOf(state), ...remarksOf(state)],
      question: [
        `The experts of this panel:\n${expertLines(state)}`,
        `The task:\n${state.task}`,
        'Judge the answers above, as JSON: "disagreements" where experts contradict each other; "enough": true when the task can be ' +
          'answered by them, else false with "followUps", new questions to experts.' +
          (mayAskPerson ? ' "askPerson" is a question to the person who gave the task, mostly "".' : ''),
      ].join('\n\n'),
    },
    schema: verdictSchema(experts, mayAskPerson),
    maxOutputTokens: VERDICT_TOKENS,
  };
}

export function synthesisRequest(state: PanelState, coordinator: Coordinator | undefined): CoordinatorRequest {
  const disagreements = state.verdicts.flatMap((verdict) => verdict.disagreements);
  return {
    prompt: {
      persona: personaOf(coordinator),
      material: [
        ...answersOf(state),
        ...disagreements.map(({ between, about }) => ({
          title: `Disagreement of ${between.join(' and ')}`,
          text: about,
        })),
        ...remarksOf(state),
      ],
      question: [
        `The task:\n${state.task}`,
        'Answer the task by integrating what the experts above wrote. Say which expert a point comes from, and where they disagree. ' +
          'Write in the language of the task.',
      ].join('\n\n'),
    },
    maxOutputTokens: SYNTHESIS_TOKENS,
  };
}

/** Asks for the best answer by number, because names would reveal the author. */
export function choiceRequest(state: PanelState, coordinator: Coordinator | undefined): CoordinatorRequest {
  const answers = answeredQuestions(state);
  return {
    prompt: {
      persona: personaOf(coordinator),
      material: [
        ...answers.map(({ outcome }, index) => ({ title: `Answer ${index + 1}`, text: outcome?.text ?? '' })),
        ...remarksOf(state),
      ],
      question: `The question was:\n${state.task}\n\nWhich of the answers above is the best one? Say its number, as JSON: {"best":1}`,
    },
    schema: {
      type: 'object',
      properties: { best: { type: 'integer', minimum: 1, maximum: Math.max(1, answers.length) } },
      required: ['best'],
    },
    maxOutputTokens: CHOICE_TOKENS,
  };
}

/** Tokens reserved for the synthesis until the end. */
export const SYNTHESIS_RESERVE_TOKENS = SYNTHESIS_TOKENS + 600;

function personaOf({ persona = DEFAULT_COORDINATOR_PERSONA }: Coordinator = {}): string {
  return persona;
}

function expertLines({ experts }: PanelState): string {
  return experts.map(({ name, responsibility }) => `- ${name}: ${responsibility}`).join('\n');
}

function answersOf(state: PanelState): Material[] {
  return answeredQuestions(state).map(materialOf);
}

/** An answer in the form in which other experts read it. */
export function materialOf({ expert, text, outcome }: AskedQuestion): Material {
  const confidence = outcome?.confidence === undefined ? '' : ` (confidence: ${outcome.confidence})`;
  return { title: `${expert} was asked "${text}" and answered${confidence}`, text: outcome?.text ?? '' };
}

function remarksOf({ remarks }: PanelState): Material[] {
  return remarks.map((text, index) => ({ title: `Remark ${index + 1} of the person who gave the task`, text }));
}
