import { ExpertError } from './expert-error.js';

export interface CircuitBreakerOptions {
  /** In a row, until it opens. Default: 5. */
  readonly maxFailures?: number;
  /** How long it stays open. Default: 10 s. */
  readonly openMs?: number;
  /** Milliseconds that only grow. For tests. */
  readonly now?: () => number;
}

interface Circuit {
  failures: number;
  /** Nobody is let through before. */
  openUntil: number;
  /** Of the one call that finds out whether it works again. */
  isProbing: boolean;
}

/**
 * Spares servers that fail, and whoever would wait for them: after several failures in a row nobody is let through for a while, then one
 * call; if that succeeds, all are. One circuit for each server, within this process.
 */
export class CircuitBreaker {
  private readonly circuits = new Map<string, Circuit>();
  private readonly maxFailures: number;
  private readonly openMs: number;
  private readonly now: () => number;

  constructor({ maxFailures = 5, openMs = 10_000, now = () => performance.now() }: CircuitBreakerOptions = {}) {
    this.maxFailures = maxFailures;
    this.openMs = openMs;
    this.now = now;
  }

  /**
   * @param counts whether an error says that the server is unwell; others, such as a refused question, show that it works
   * @throws {ExpertError} `Expert.CircuitOpen` with the time to wait, and what `action` throws
   */
  async run<T>(server: string, action: () => Promise<T>, counts: (error: unknown) => boolean): Promise<T> {
    const circuit = this.circuits.get(server) ?? { failures: 0, openUntil: 0, isProbing: false };
    this.circuits.set(server, circuit);
    const isTried = circuit.failures >= this.maxFailures;
    if (isTried) this.refuseWhileOpen(server, circuit);
    circuit.isProbing = isTried;
    try {
      const result = await action();
      circuit.failures = 0;
      return result;
    } catch (error) {
      if (counts(error)) {
        circuit.failures++;
        if (circuit.failures >= this.maxFailures) circuit.openUntil = this.now() + this.openMs;
      } else if (error instanceof ExpertError) {
        circuit.failures = 0;
      }
      throw error;
    } finally {
      if (isTried) circuit.isProbing = false;
    }
  }

  private refuseWhileOpen(server: string, { failures, openUntil, isProbing }: Circuit): void {
    const waitMs = openUntil - this.now();
    if (waitMs <= 0 && !isProbing) return;
    // While one call tries, the others come back soon: it will know.
    const retryAfterMs = waitMs > 0 ? Math.ceil(waitMs) : 1_000;
    throw new ExpertError(
      'Expert.CircuitOpen',
      `The expert at ${server} failed ${failures} times in a row and is left alone for ${(retryAfterMs / 1000).toFixed(1)} s more.`,
      { retryAfterMs },
    );
  }
}
