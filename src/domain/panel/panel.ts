import type { Usage } from '../conversation.js';
import type { Decoding } from '../decoding.js';
import { faultOfPersona, faultOfUserMessage } from '../user-message.js';
import { faultOfExpertName } from './expert.js';
import type { ExpertProfile } from './expert.js';
import { findCycle } from './find-cycle.js';

/**
 * How the members of a panel work together. `coordinator`: the coordinator plans questions, judges the answers, asks again, integrates;
 * `pipeline`: each expert builds on the one before, the last one's answer is the result; `debate`: all answer, then answer each other,
 * then the coordinator judges; `vote`: all answer the same question, the majority or the coordinator chooses one.
 */
export const WAYS = ['coordinator', 'pipeline', 'debate', 'vote'] as const;
export type Way = (typeof WAYS)[number];

/** Who plans, judges and integrates. */
export interface Coordinator {
  /** In the result and the UI. Default: `coordinator`. */
  readonly name?: string;
  /** Default: `DEFAULT_COORDINATOR_PERSONA`. */
  readonly persona?: string;
  /** Default: the panel's model. */
  readonly modelId?: string;
  readonly decoding?: Decoding;
}

/** An expert as a coordinator: what it is responsible for and which tools it has is of no use then. */
export function coordinatorOf({ name, persona, modelId, decoding }: ExpertProfile): Coordinator {
  return { name, persona, ...(modelId !== undefined && { modelId }), ...(decoding && { decoding }) };
}

/** What may be spent. Each limit ends the panel in the best result so far, never in nothing. */
export interface PanelLimits {
  /** Rounds of questions. Default: 5; for a debate 2. */
  readonly rounds?: number;
  /** Wall-clock time of the whole panel, synthesis and people's pauses included. Default: `DEFAULT_DEADLINE_SECONDS`. */
  readonly deadlineSeconds?: number;
  /** Tokens read (cached ones not counted) and written by all together. Default: no limit. */
  readonly tokenBudget?: number;
  /** Default: `DEFAULT_EXPERTS_AT_ONCE`. */
  readonly expertsAtOnce?: number;
  /** Of one expert's answer. Default: `DEFAULT_ANSWER_TOKENS`. */
  readonly answerTokens?: number;
}

/** Where the panel waits for a person. */
export interface PanelReview {
  /** Before the first question is asked. */
  readonly plan?: boolean;
  /** When the coordinator itself wants to ask. */
  readonly questions?: boolean;
  /** Before the panel ends. */
  readonly result?: boolean;
  /** How long; then the panel goes on as if it was approved. Default: a day, at most until the deadline. */
  readonly waitSeconds?: number;
}

export interface PanelSettings {
  readonly task: string;
  readonly experts: readonly ExpertProfile[];
  /** Of whoever has no model of its own. */
  readonly modelId: string;
  readonly coordinator?: Coordinator;
  /** Default: `coordinator`. */
  readonly way?: Way;
  readonly limits?: PanelLimits;
  readonly review?: PanelReview;
  /** Whose panel it is: usage is summed and service shared by it. */
  readonly userId?: string;
  /** Calls of tools for one question. Default: `DEFAULT_MAX_TOOL_CALLS`. */
  readonly maxToolCalls?: number;
  /** How long a call waits for somebody to approve it. Default: `DEFAULT_APPROVAL_SECONDS`. */
  readonly approvalSeconds?: number;
}

/** A panel behind a session: its turns are answered by it. The session gives it model, user and budget. */
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

/** What was spent of a token budget: cached tokens cost nothing. */
export function tokensOf({ inputTokens, cachedInputTokens, outputTokens }: Usage): number {
  return inputTokens - cachedInputTokens + outputTokens;
}

/** Every fault of the settings, one line each; empty when the panel may start. Takes anything: it may come from outside. */
export function faultsOfPanel(settings: unknown): string[] {
  if (!isRecord(settings)) return ['A panel must be an object { task, experts, modelId }.'];
  const { task, experts, modelId, coordinator, way, limits, review, userId } = settings;
  const { maxToolCalls, approvalSeconds } = settings;
  const faults: (string | undefined)[] = [
    typeof task === 'string'
      ? faultOfUserMessage({ messageId: 'task', text: task })?.replace('message', 'task')
      : '"task" must be a string.',
    isModelId(modelId) ? undefined : '"modelId" must be a string of 1 to 200 characters.',
    way === undefined || WAYS.some((known) => known === way)
      ? undefined
      : `There is no way ${JSON.stringify(way)} to work together. Known: ${WAYS.join(', ')}.`,
    userId === undefined || (typeof userId === 'string' && userId !== '' && userId.length <= 200)
      ? undefined
      : '"userId" must be a string of 1 to 200 characters.',
    ...faultsOfCoordinator(coordinator),
    ...faultsOfNumbers(
      'limits',
      limits,
      ['rounds', 'expertsAtOnce', 'tokenBudget', 'answerTokens'],
      ['deadlineSeconds'],
    ),
    isRecord(limits) && typeof limits.rounds === 'number' && limits.rounds > MAX_ROUNDS
      ? `"limits.rounds" is ${limits.rounds}: at most ${MAX_ROUNDS} rounds.`
      : undefined,
    review === undefined || isRecord(review) ? undefined : '"review" must be an object.',
    ...(isRecord(review) ? faultsOfNumbers('review', { waitSeconds: review.waitSeconds }, [], ['waitSeconds']) : []),
    ...faultsOfNumbers('settings', { maxToolCalls, approvalSeconds }, ['maxToolCalls'], ['approvalSeconds']),
  ];
  if (!Array.isArray(experts) || experts.length === 0 || experts.length > MAX_EXPERTS) {
    faults.push(`"experts" must be a list of 1 to ${MAX_EXPERTS} experts.`);
  } else {
    const names = experts.map((expert: unknown) => (isRecord(expert) ? expert.name : undefined));
    experts.forEach((expert: unknown, index) => {
      faults.push(...faultsOfExpert(expert, `experts[${index}]`));
      const name = names[index];
      if (typeof name === 'string' && names.indexOf(name) < index)
        faults.push(`Expert "${name}" is named twice. Name each once.`);
    });
    faults.push(...faultsOfOrder(experts));
  }
  return faults.filter((fault) => fault !== undefined);
}

/** Every fault of one expert's profile, one line each. @param where begins each line where the expert has no name */
export function faultsOfExpert(profile: unknown, where = 'The expert'): string[] {
  if (!isRecord(profile)) return [`${where} must be an object { name, responsibility, persona }.`];
  const { name, responsibility, persona, modelId, remoteUrl, decoding, timeoutSeconds, maxAttempts } = profile;
  const who = typeof name === 'string' && faultOfExpertName(name) === undefined ? `Expert "${name}"` : where;
  const faults = [
    typeof name === 'string' ? faultOfExpertName(name) : `${where} has no name.`,
    typeof responsibility === 'string' && responsibility.trim() !== '' && responsibility.length <= 2_000
      ? undefined
      : `${who}: "responsibility" must be a text of 1 to 2,000 characters.`,
    // Who is elsewhere knows by itself who it is.
    typeof persona === 'string'
      ? prefixed(who, remoteUrl !== undefined && persona === '' ? undefined : faultOfPersona(persona))
      : `${who}: "persona" must be a text.`,
    modelId === undefined || isModelId(modelId)
      ? undefined
      : `${who}: "modelId" must be a string of 1 to 200 characters.`,
    decoding === undefined || isRecord(decoding) ? undefined : `${who}: "decoding" must be an object.`,
    ...['tools', 'knowledgeBases', 'after'].map((key) =>
      isNames(profile[key]) ? undefined : `${who}: "${key}" must be a list of at most 50 names.`,
    ),
    remoteUrl === undefined || (typeof remoteUrl === 'string' && /^https?:\/\/\S+$/u.test(remoteUrl))
      ? undefined
      : `${who}: "remoteUrl" must begin with http:// or https://.`,
    ...faultsOfNumbers(who, { timeoutSeconds, maxAttempts }, ['maxAttempts'], ['timeoutSeconds']),
  ];
  return faults.filter((fault) => fault !== undefined);
}

/** Experts that wait for somebody who is not there, or in a circle. */
function faultsOfOrder(experts: readonly unknown[]): string[] {
  const order = new Map<string, readonly string[]>();
  for (const expert of experts) {
    if (isRecord(expert) && typeof expert.name === 'string' && isNames(expert.after))
      order.set(expert.name, Array.isArray(expert.after) ? expert.after.map(String) : []);
  }
  const unknown = [...order].flatMap(([name, after]) =>
    after
      .filter((other) => !order.has(other))
      .map(
        (other) => `"${name}" waits for "${other}", who is not in this panel. In it: ${[...order.keys()].join(', ')}.`,
      ),
  );
  const cycle = findCycle(order);
  return cycle === undefined
    ? unknown
    : [...unknown, `Experts wait for each other in a circle: ${cycle.join(' → ')}. Leave one "after" away.`];
}

function isNames(value: unknown): boolean {
  return (
    value === undefined ||
    (Array.isArray(value) && value.length <= 50 && value.every((name) => typeof name === 'string'))
  );
}

function faultsOfCoordinator(coordinator: unknown): (string | undefined)[] {
  if (coordinator === undefined) return [];
  if (!isRecord(coordinator)) return ['"coordinator" must be an object.'];
  const { name, persona, modelId } = coordinator;
  return [
    name === undefined || typeof name === 'string'
      ? prefixed('The coordinator', faultOfExpertName(name ?? 'x'))
      : '"coordinator.name" must be a string.',
    persona === undefined || typeof persona === 'string'
      ? prefixed('The coordinator', faultOfPersona(persona ?? 'x'))
      : '"coordinator.persona" must be a text.',
    modelId === undefined || isModelId(modelId)
      ? undefined
      : '"coordinator.modelId" must be a string of 1 to 200 characters.',
  ];
}

function faultsOfNumbers(where: string, record: unknown, whole: readonly string[], any: readonly string[]): string[] {
  if (record === undefined) return [];
  if (!isRecord(record)) return [`"${where}" must be an object.`];
  return [...whole, ...any].flatMap((key) => {
    const value = record[key];
    if (value === undefined) return [];
    const isWhole = whole.includes(key);
    if (typeof value === 'number' && value > 0 && (isWhole ? Number.isSafeInteger(value) : Number.isFinite(value)))
      return [];
    return [`${where}: "${key}" must be a ${isWhole ? 'whole ' : ''}number above 0, not ${JSON.stringify(value)}.`];
  });
}

function prefixed(who: string, fault: string | undefined): string | undefined {
  return fault === undefined ? undefined : `${who}: ${fault}`;
}

function isModelId(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= 200;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
