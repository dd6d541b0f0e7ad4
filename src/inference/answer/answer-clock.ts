/** Times one attempt at an answer. All in milliseconds of `performance.now()`. */
export class AnswerClock {
  readonly startedAt = performance.now();
  private firstTokenAt: number | undefined;
  private newestTokenAt = this.startedAt;
  private tokens = 0;

  tick(): void {
    this.newestTokenAt = performance.now();
    this.firstTokenAt ??= this.newestTokenAt;
    this.tokens++;
  }

  durationMs(): number {
    return Math.round(performance.now() - this.startedAt);
  }

  /** Time from the start to the first token, or to now if there was none. */
  firstTokenMs(): number {
    return Math.round((this.firstTokenAt ?? performance.now()) - this.startedAt);
  }

  /** Tokens after the first one, divided by the time since it; 0 with fewer than two tokens. */
  tokensPerSecond(): number {
    const elapsedMs = this.newestTokenAt - (this.firstTokenAt ?? this.startedAt);
    return this.tokens < 2 || elapsedMs <= 0 ? 0 : ((this.tokens - 1) / elapsedMs) * 1000;
  }
}
