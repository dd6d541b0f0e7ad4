import type { Decoding } from '../decoding.js';

/** Somebody with one responsibility, whom a panel asks. JSON-safe: it travels in workflow inputs. */
export interface ExpertProfile {
  /** Small letters, digits and `-`; begins with a letter; at most 40. */
  readonly name: string;
  /** How people read the name. Default: the name. */
  readonly title?: string;
  /** What questions are this expert's, in a sentence; all others are handed back. */
  readonly responsibility: string;
  /** Rendered first on every prompt. */
  readonly persona: string;
  /** Default: that of the panel. */
  readonly modelId?: string;
  readonly decoding?: Decoding;
  /** Names of tools that it may call. Default: none. */
  readonly tools?: readonly string[];
  /** Names of knowledge bases that it answers from. Default: none. */
  readonly knowledgeBases?: readonly string[];
  /** For one answer. */
  readonly timeoutSeconds?: number;
  /** 1 for no second attempt. */
  readonly maxAttempts?: number;
}
