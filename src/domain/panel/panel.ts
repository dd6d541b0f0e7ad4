import type { Usage } from '../session/conversation.js';
import { decodingSchema } from '../decoding.js';
import type { Decoding } from '../decoding.js';
import { array, boolean, faultsOf, number, object, oneOf, optional, refined, textBy } from '../schema.js';
import { MAX_MESSAGE_BYTES, faultOfText, personaSchema } from '../session/user-message.js';
import {
  maxToolCallsSchema,
  modelIdSchema,
  outputTokensSchema,
  secondsSchema,
  tokenSumSchema,
  userIdSchema,
} from '../value-schemas.js';
import { expertNameSchema, expertProfileSchema } from './expert.js';
import type { ExpertProfile } from './expert.js';
import { findCycle } from './find-cycle.js';
import { faultOfPanelId } from './panel-id.js';

/**
 * How the members of a panel work together. `coordinator`: the coordinator plans questions, judges the answers, asks again, and integrates;
 * `pipeline`: each expert builds on the previous one, and the last one's answer is the result; `debate`: all experts answer, then respond
 * to each other's answers, then the coordinator judges; `vote`: all experts answer the same question, and the majority or the coordinator
 * chooses one answer.
 */
export const WAYS = ['coordinator', 'pipeline', 'debate', 'vote'] as const;
export type Way = (typeof WAYS)[number];

/** The coordinator, which plans, judges and integrates. */
export interface Coordinator {
  /** Name in the result and the UI. Default: `coordinator`. */
  readonly name?: string;
  /** Default: `DEFAULT_COORDINATOR_PERSONA`. */
  readonly persona?: string;
  /** Default: the panel's model. */
  readonly modelId?: string;
  readonly decoding?: Decoding;
}

/** Uses an expert as a coordinator, without its responsibility and tools, which a coordinator does not use. */
export function coordinatorOf({ name, persona, modelId, decoding }: ExpertProfile): Coordinator {
  return { name, persona, ...(modelId !== undefined && { modelId }), ...(decoding && { decoding }) };
}

/** Limits of a panel. At each limit, the panel ends with the best result so far, never without one. */
export interface PanelLimits {
  /** Maximum number of rounds of questions. Default: 5; for a debate 2. */
  readonly rounds?: number;
  /** Wall-clock time of the whole panel, including the synthesis and the time that it waits for people. Default: `DEFAULT_DEADLINE_SECONDS`. */
  readonly deadlineSeconds?: number;
  /** Tokens read (cached ones not counted) and written by all members together. Default: no limit. */
  readonly tokenBudget?: number;
  /** Default: `DEFAULT_EXPERTS_AT_ONCE`. */
  readonly expertsAtOnce?: number;
  /** Maximum tokens of one expert's answer. Default: `DEFAULT_ANSWER_TOKENS`. */
  readonly answerTokens?: number;
}

/** Points at which the panel waits for a person. */
export interface PanelReview {
  /** Before the first question is asked. */
  readonly plan?: boolean;
  /** When the coordinator wants to ask the person. */
  readonly questions?: boolean;
  /** Before the panel ends. */
  readonly result?: boolean;
  /** How long it waits; then the panel continues as if it was approved. Default: a day, at most until the deadline. */
  readonly waitSeconds?: number;
}

export interface PanelSettings {
  readonly task: string;
  readonly experts: readonly ExpertProfile[];
  /** Model of members that name none. */
  readonly modelId: string;
  readonly coordinator?: Coordinator;
  /** Default: `coordinator`. */
  readonly way?: Way;
  readonly limits?: PanelLimits;
  readonly review?: PanelReview;
  /** Owner of the panel; usage is counted, and capacity shared, per user. */
  readonly userId?: string;
  /** Maximum tool calls for one question. Default: `DEFAULT_MAX_TOOL_CALLS`. */
  readonly maxToolCalls?: number;
  /** How long a call waits for approval. Default: `DEFAULT_APPROVAL_SECONDS`. */
  readonly approvalSeconds?: number;
}

/** A panel that answers the turns of a session. The session provides its model, user and budget. */
export type SessionPanel = Omit<PanelSettings, 'task' | 'modelId' | 'userId'>;

export interface PanelInput extends PanelSettings {
  readonly panelId: string;
}

export const DEFAULT_COORDINATOR_PERSONA =
  'You coordinate a panel of experts: you ask each what it knows best, compare their answers, and integrate them into one.';
export const DEFAULT_DEADLINE_SECONDS = 3_600;
export const DEFAULT_EXPERTS_AT_ONCE = 8;
export const DEFAULT_ANSWER_TOKENS = 400;
export const MAX_EXPERTS = 20;
export const MAX_ROUNDS = 20;
const DEFAULT_ROUNDS: Readonly<Record<Way, number>> = { coordinator: 5, pipeline: 1, debate: 2, vote: 1 };

export interface ResolvedLimits {
  readonly rounds: number;
  readonly deadlineSeconds: number;
  readonly tokenBudget?: number;
  readonly expertsAtOnce: number;
  readonly answerTokens: number;
}

export function resolveLimits({
  way = 'coordinator',
  limits = {},
}: Pick<PanelSettings, 'way' | 'limits'>): ResolvedLimits {
  return {
    rounds: limits.rounds ?? DEFAULT_ROUNDS[way],
    deadlineSeconds: limits.deadlineSeconds ?? DEFAULT_DEADLINE_SECONDS,
    ...(limits.tokenBudget !== undefined && { tokenBudget: limits.tokenBudget }),
    expertsAtOnce: limits.expertsAtOnce ?? DEFAULT_EXPERTS_AT_ONCE,
    answerTokens: limits.answerTokens ?? DEFAULT_ANSWER_TOKENS,
  };
}

/** Tokens that count against a budget; cached tokens cost nothing. */
export function tokensOf({ inputTokens, cachedInputTokens, outputTokens }: Usage): number {
  return inputTokens - cachedInputTokens + outputTokens;
}

const limitsSchema = object<PanelLimits>({
  rounds: optional(number({ above: 0, most: MAX_ROUNDS, whole: true })),
  deadlineSeconds: optional(secondsSchema),
  tokenBudget: optional(tokenSumSchema),
  expertsAtOnce: optional(number({ above: 0, most: 1_000, whole: true })),
  answerTokens: optional(outputTokensSchema),
});

const coordinatorSchema = object<Coordinator>({
  name: optional(expertNameSchema),
  persona: optional(personaSchema),
  modelId: optional(modelIdSchema),
  decoding: optional(decodingSchema),
});

const reviewSchema = object<PanelReview>({
  plan: optional(boolean()),
  questions: optional(boolean()),
  result: optional(boolean()),
  waitSeconds: optional(secondsSchema),
});

const fields = {
  experts: refined(array(expertProfileSchema, { least: 1, most: MAX_EXPERTS }), faultsOfMembers),
  coordinator: optional(coordinatorSchema),
  way: optional(oneOf(WAYS)),
  limits: optional(limitsSchema),
  review: optional(reviewSchema),
  maxToolCalls: optional(maxToolCallsSchema),
  approvalSeconds: optional(secondsSchema),
} as const;

export const sessionPanelSchema = object<SessionPanel>(fields);

const settingsFields = {
  ...fields,
  task: textBy((task) => faultOfText(task, 'task', MAX_MESSAGE_BYTES)),
  modelId: modelIdSchema,
  userId: optional(userIdSchema),
} as const;

const panelSettingsSchema = object<PanelSettings>(settingsFields);

export const panelInputSchema = object<PanelInput>({ ...settingsFields, panelId: textBy(faultOfPanelId) });

/** Every fault of the settings, one line each; empty if the panel may start. Accepts any value, because it may come from outside. */
export function faultsOfPanel(settings: unknown): string[] {
  return faultsOf(panelSettingsSchema, settings, '');
}

/** Experts that are listed twice, wait for an expert that is not in the panel, or wait in a circle. */
function faultsOfMembers(experts: readonly ExpertProfile[]): string[] {
  const names = experts.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) < index);
  const order = new Map(experts.map(({ name, after = [] }) => [name, after]));
  const unknown = [...order].flatMap(([name, after]) =>
    after
      .filter((other) => !order.has(other))
      .map(
        (other) =>
          `"${name}" waits for "${other}", which is not in this panel. Its experts: ${[...order.keys()].join(', ')}.`,
      ),
  );
  const cycle = findCycle(order);
  return [
    ...twice.map((name) => `Expert "${name}" is named twice. Name each once.`),
    ...unknown,
    ...(cycle === undefined
      ? []
      : [`Experts wait for each other in a circle: ${cycle.join(' → ')}. Remove one "after".`]),
  ];
}
