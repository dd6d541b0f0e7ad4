/**
 * Estimates the tokens of a part of a text quickly. The weight of a character is typical for the vocabularies of multilingual embedding
 * models; counted parts (`learn`) correct it for the model and the text at hand.
 */
export class TokenEstimate {
  /** @param factor Tokens per unit of weight. */
  constructor(private factor = 1) {}

  of(text: string, start: number, end: number): number {
    return weightOf(text, start, end) * this.factor;
  }

  /** Whether the estimate for a part is at most `maxTokens`. Stops early for a part that is far too large. */
  fits(text: string, start: number, end: number, maxTokens: number): boolean {
    let weight = 0;
    const maxWeight = maxTokens / this.factor;
    for (let index = start; index < end; index++) {
      weight += unitWeight(text.charCodeAt(index));
      if (weight > maxWeight) return false;
    }
    return true;
  }

  /** Learns from a part that was counted. */
  learn(weight: number, tokens: number): void {
    if (weight < LEAST_TO_LEARN_FROM) return;
    const factor = tokens / weight;
    // Rises quickly and falls slowly: too high an estimate makes chunks a little smaller, too low a one makes them be cut again.
    const share = factor > this.factor ? 0.3 : 0.05;
    this.factor = Math.min(20, Math.max(0.2, this.factor + (factor - this.factor) * share));
  }
}

const LEAST_TO_LEARN_FROM = 20;

export function weightOf(text: string, start: number, end: number): number {
  let weight = 0;
  for (let index = start; index < end; index++) weight += unitWeight(text.charCodeAt(index));
  return weight;
}

/** Estimates the tokens of whole texts for a multilingual vocabulary, where only a rough size is needed. Same type as `ChunkOptions.countTokens`. */
export function estimateTokens(texts: readonly string[]): Promise<readonly number[]> {
  return Promise.resolve(texts.map((text) => Math.ceil(weightOf(text, 0, text.length))));
}

/** About one token for each 4 letters of English, 1.4 Chinese characters, or 2 digits or marks. */
function unitWeight(unit: number): number {
  if (unit <= 0x20) return 0.02;
  if ((unit >= 0x61 && unit <= 0x7a) || (unit >= 0x41 && unit <= 0x5a)) return 0.27;
  if (unit < 0x80) return 0.6;
  if (unit < 0x2e80) return 0.45;
  return 0.75;
}
