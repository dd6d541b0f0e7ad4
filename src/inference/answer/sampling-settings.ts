import type { Decoding } from '../../domain/decoding.js';
import type { SamplingSettings } from '../scheduler/batch-engine.js';
import { dryPenalties } from './dry-penalty.js';

/**
 * Settings for the token after `answer`. They depend only on the answer, and not on where an earlier attempt stopped, so a resumed answer
 * continues as if it had not been interrupted. The penalties cover only the answer, because the words of the prompt must stay usable.
 * `isBreaker` identifies the tokens across which DRY sees no repetition.
 */
export function samplingSettings(
  decoding: Required<Decoding>,
  answer: readonly number[],
  isBreaker: (token: number) => boolean = () => false,
): SamplingSettings {
  const { repetitionPenalty, repetitionWindow } = decoding;
  const { dryMultiplier: multiplier, dryBase: base, dryAllowedLength: allowedLength, dryWindow: window } = decoding;
  const dry = dryPenalties(answer, { multiplier, base, allowedLength, window }, isBreaker);
  const penalises = repetitionPenalty !== 1 && repetitionWindow > 0;
  return {
    temperature: decoding.temperature,
    topK: decoding.topK,
    topP: decoding.topP,
    minP: decoding.minP,
    seed: seedAt(decoding.seed, answer.length),
    repetitionPenalty: penalises ? repetitionPenalty : 1,
    penalisedTokens: penalises ? answer.slice(-repetitionWindow) : [],
    repetitionWindow,
    logitBias: new Map([...dry].map(([token, penalty]) => [token, -penalty])),
  };
}

/**
 * The seed of the token at `position`. Mixed, because generators seeded with neighbouring numbers start alike.
 * source: MurmurHash3's fmix32, https://github.com/aappleby/smhasher/blob/61a0530f28277f2e850bfc39600ce61d02b518de/src/MurmurHash3.cpp#L68
 */
export function seedAt(seed: number, position: number): number {
  let mixed = (seed ^ Math.imul(position + 1, 0x9e3779b9)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
