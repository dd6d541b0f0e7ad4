import type { SourceSettings } from '../answer/answer-sources.js';
import type { Decoding } from '../decoding.js';
import type { SessionPanel } from '../panel/panel.js';
import { sourceSettingsSchema } from '../answer/answer-sources.js';
import { decodingSchema } from '../decoding.js';
import { sessionPanelSchema } from '../panel/panel.js';
import { boolean, bounded, nullable, number, object, optional, string } from '../schema.js';
import { personaSchema } from './user-message.js';
import {
  maxToolCallsSchema,
  modelIdSchema,
  outputTokensSchema,
  secondsSchema,
  tokenSumSchema,
  toolNamesSchema,
  userIdSchema,
} from '../value-schemas.js';

/** Settings of a session. `changeSettings` changes them from the next turn on. */
export interface SessionSettings {
  readonly modelId: string;
  /** Rendered first in every prompt; never summarised or left out. Default: `DEFAULT_PERSONA`. */
  readonly persona?: string;
  /** A short name for lists, at most 100 characters. Default: the persona's beginning. */
  readonly personaName?: string;
  /** Owner of the session; usage is counted, and capacity shared, per user. */
  readonly userId?: string;
  readonly decoding?: Decoding;
  /** Default: `DEFAULT_MAX_OUTPUT_TOKENS`. */
  readonly maxOutputTokens?: number;
  /** For models that think before they answer; others ignore it. */
  readonly thinking?: ThinkingSettings;
  readonly budget?: SessionBudget;
  /** Names of tools that a turn may call; see `colloquy tools list`. Default: none. */
  readonly tools?: readonly string[];
  /** Default: `DEFAULT_MAX_TOOL_CALLS`. */
  readonly maxToolCalls?: number;
  /** How long a call waits for approval. Default: `DEFAULT_APPROVAL_SECONDS`. */
  readonly approvalSeconds?: number;
  /**
   * Panel that answers the turns, with a new one for each turn (`turnPanelId`). Tool calls of its experts wait for approval at that panel.
   * Persona, decoding, tools and answer length are then those of the experts, and `turnTokens` of the budget does not apply. Default, and
   * null: none.
   */
  readonly panel?: SessionPanel | null;
  /** Sources that answers use and cite. Default: none. */
  readonly sources?: SourceSettings;
}

export interface ThinkingSettings {
  /** Whether the model thinks. Default: as its template does by itself. */
  readonly enabled?: boolean;
  /** After this many tokens, the thoughts are closed and the answer begins. From 0. Default: `THINKING_SHARE` of `maxOutputTokens`. */
  readonly maxTokens?: number;
}

/** Limits for tools in one turn. */
export interface ServiceLimits {
  readonly maxToolCalls: number;
  readonly approvalSeconds: number;
}

/** Budget of a session. Missing values are not limited. */
export interface SessionBudget {
  /** Tokens written in one turn. */
  readonly turnTokens?: number;
  /** Wall-clock time of one turn from its beginning, including the time it waits for a worker. The answer then ends with `deadline`. */
  readonly turnSeconds?: number;
  /** Tokens read (cached ones not counted) and written in the whole session; further turns are refused. */
  readonly sessionTokens?: number;
  /** Seconds of answering in the whole session; further turns are refused. */
  readonly sessionSeconds?: number;
}

/** Input of `changeSettings`. Missing fields stay unchanged. */
export type SettingsChange = Partial<Omit<SessionSettings, 'userId'>>;

/** Small models answer better if the prompt tells them what they are. */
export const DEFAULT_PERSONA = 'You are a helpful assistant.';

export const DEFAULT_MAX_OUTPUT_TOKENS = 512;

/** Default share of an answer's tokens that may be thoughts; the rest is for the answer itself. */
export const THINKING_SHARE = 0.75;

/** Maximum number of calls in one turn. */
export const DEFAULT_MAX_TOOL_CALLS = 5;

export const DEFAULT_APPROVAL_SECONDS = 24 * 60 * 60;

/** Settings are passed to each run, and returned by each query for them. */
const MAX_SETTINGS_BYTES = 800_000;

const thinkingSchema = object<ThinkingSettings>({
  enabled: optional(boolean()),
  maxTokens: optional(number({ most: 10_000_000, whole: true })),
});

const budgetSchema = object<SessionBudget>({
  turnTokens: optional(outputTokensSchema),
  turnSeconds: optional(secondsSchema),
  sessionTokens: optional(tokenSumSchema),
  sessionSeconds: optional(number({ above: 0, most: 1e12 })),
});

const changeable = {
  persona: optional(personaSchema),
  personaName: optional(string({ maxLength: 100, oneLine: true })),
  decoding: optional(decodingSchema),
  maxOutputTokens: optional(outputTokensSchema),
  thinking: optional(thinkingSchema),
  budget: optional(budgetSchema),
  tools: optional(toolNamesSchema),
  maxToolCalls: optional(maxToolCallsSchema),
  approvalSeconds: optional(secondsSchema),
  panel: optional(nullable(sessionPanelSchema)),
  sources: optional(sourceSettingsSchema),
} as const;

export const sessionSettingsSchema = bounded(
  object<SessionSettings>({ ...changeable, modelId: modelIdSchema, userId: optional(userIdSchema) }),
  MAX_SETTINGS_BYTES,
);

/** The owner of a session cannot be changed. */
export const settingsChangeSchema = bounded(
  object<SettingsChange>({ ...changeable, modelId: optional(modelIdSchema) }),
  MAX_SETTINGS_BYTES,
);
