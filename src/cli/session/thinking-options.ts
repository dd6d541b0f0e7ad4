import type { Command } from 'commander';
import type { ThinkingSettings } from '../../domain/session/session-settings.js';
import { wholeNumber } from '../option-parsers.js';

export interface ThinkingOptions {
  readonly thinking?: boolean;
  readonly maxThinkingTokens?: number;
}

/** Adds the options that control whether and for how long a model thinks before it answers. */
export function addThinkingOptions(command: Command): Command {
  return command
    .option('--thinking', 'let the model think before it answers, if it can (default: as the model does)')
    .option('--no-thinking', 'let the model answer without thinking')
    .option('--max-thinking-tokens <n>', 'maximum number of tokens of its thoughts', wholeNumber(0));
}

/** The given options. @returns undefined if none were given */
export function thinkingOf({
  thinking: enabled,
  maxThinkingTokens: maxTokens,
}: ThinkingOptions): ThinkingSettings | undefined {
  if (enabled === undefined && maxTokens === undefined) return undefined;
  return { ...(enabled !== undefined && { enabled }), ...(maxTokens !== undefined && { maxTokens }) };
}
