import { ExpertError } from './expert-error.js';

export interface CircuitBreakerOptions {
  /** Number of consecutive failures that open the circuit. Default: 5. */
  readonly maxFailures?: number;
  /** How long the circuit stays open. Default: 10 s. */
  readonly openMs?: number;
  /** A monotonic clock, in milliseconds. For tests. */
  readonly now?: () => number;
}

interface Circuit {
  failures: number;
  /** No call passes before this time. */
  openUntil: number;
  /** Whether a call is testing if the server works again. */
  isProbing: boolean;
}

/**
 * Protects failing servers, and callers that would wait for them: after several consecutive failures it blocks all calls for a while, then
 * lets one call through; if that succeeds, it lets all calls through. Each server has its own circuit, within this process.
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
   * @param counts whether an error means that the server is failing; other errors, such as a refused question, show that it works
   * @throws {ExpertError} `Expert.CircuitOpen` with the time to wait, and any error of `action`
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
    // While one call tests the server, the others may retry soon, because its result will then be known.
    const retryAfterMs = waitMs > 0 ? Math.ceil(waitMs) : 1_000;
    throw new ExpertError(
      'Expert.CircuitOpen',
      `The expert at ${server} failed ${failures} times in a row and is left alone for ${(retryAfterMs / 1000).toFixed(1)} s more.`,
      { retryAfterMs },
    );
  }
}
