import { randomInt } from 'node:crypto';
import type { Command } from 'commander';
import { DEFAULT_DECODING } from '../../domain/decoding.js';
import type { Decoding } from '../../domain/decoding.js';
import { CliError } from '../cli-error.js';
import { decimal, wholeNumber } from '../option-parsers.js';

const LARGEST_SEED = 0xffff_ffff;
/** Temperature of models that do not decode greedily. */
const USUAL_TEMPERATURE = 0.8;

export interface DecodingOptions {
  readonly greedy?: boolean;
  readonly temperature?: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly seed?: number;
  readonly repetitionPenalty?: number;
}

/** Defaults of options that are not given. */
interface DecodingDefaults {
  readonly temperature: string;
  readonly seed: string;
}

const TEXT_DEFAULTS: DecodingDefaults = { temperature: String(USUAL_TEMPERATURE), seed: 'random, and shown' };

/** By default, sessions answer the same question in the same way. */
export const SESSION_DECODING_DEFAULTS: DecodingDefaults = {
  temperature: String(DEFAULT_DECODING.temperature),
  seed: String(DEFAULT_DECODING.seed),
};

/** Adds the options that say how tokens are chosen. */
export function addDecodingOptions(command: Command, { temperature, seed } = TEXT_DEFAULTS): Command {
  return command
    .option('--greedy', 'always choose the most likely token: the same text each time')
    .option('--temperature <n>', `0 is greedy, up to 2 (default: ${temperature})`, decimal(0, 2))
    .option('--top-k <n>', 'choose among the k most likely tokens; 0 means all (default: 40)', wholeNumber(0))
    .option(
      '--top-p <n>',
      'choose among the most likely tokens that sum to this probability (default: 0.95)',
      decimal(0, 1),
    )
    .option(
      '--min-p <n>',
      'choose among tokens at least this fraction as likely as the most likely one (default: 0)',
      decimal(0, 1),
    )
    .option('--seed <n>', `the same seed gives the same text (default: ${seed})`, wholeNumber(0, LARGEST_SEED))
    .option('--repetition-penalty <n>', '1 means none (default: 1.1)', decimal(0.1, 10));
}

/**
 * The given options, plus a seed to show if decoding is not greedy. Contains nothing else, so that a model that does not support an option is
 * refused only if the option is used. @throws {CliError}
 */
export function decodingOf(options: DecodingOptions): { readonly decoding: Decoding; readonly seed?: number } {
  const { topK, topP, minP, repetitionPenalty } = options;
  const sampling = Object.entries({ temperature: options.temperature, topK, topP, minP, seed: options.seed });
  const [contradiction] = sampling.find(([, value]) => value !== undefined && value !== 0) ?? [];
  if (options.greedy && contradiction !== undefined) {
    throw new CliError(`--greedy contradicts the option for ${contradiction}: omit one of them.`);
  }
  const temperature = options.greedy ? 0 : (options.temperature ?? USUAL_TEMPERATURE);
  const seed = temperature === 0 ? undefined : (options.seed ?? randomInt(LARGEST_SEED));
  const given = Object.entries({ temperature, topK, topP, minP, seed, repetitionPenalty });
  return { decoding: Object.fromEntries(given.filter(([, value]) => value !== undefined)), seed };
}

/** Only the options that were given. @throws {CliError} */
export function givenDecoding(options: DecodingOptions): Decoding {
  const { temperature, topK, topP, minP, seed, repetitionPenalty } = options;
  const given = Object.entries({ temperature, topK, topP, minP, seed, repetitionPenalty });
  return Object.fromEntries([
    ...given.filter(([, value]) => value !== undefined),
    ...(options.greedy ? [['temperature', 0] as const] : []),
  ]);
}
