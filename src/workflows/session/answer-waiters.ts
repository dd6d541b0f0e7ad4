/**
 * Callers that wait for answers, by message. Uses plain promises instead of conditions, each of which costs a scope and ten promises, and the sandbox
 * takes a stack trace for each.
 */
export class AnswerWaiters {
  private readonly waiting = new Map<string, () => void>();

  /** @param isOpen whether the message's turn is not answered yet */
  constructor(private readonly isOpen: (messageId: string) => boolean) {}

  /**
   * Resolves when the message's turn is closed; undefined if it already is. Not cancellable: if the session is cancelled, the sender still gets the text
   * written so far.
   */
  waitFor(messageId: string): Promise<void> | undefined {
    return this.isOpen(messageId) ? new Promise((resolve) => this.add(messageId, resolve)) : undefined;
  }

  /** Resolves the promises of all answered messages. */
  tell(): void {
    for (const [messageId, tell] of this.waiting) {
      if (this.isOpen(messageId)) continue;
      this.waiting.delete(messageId);
      tell();
    }
  }

  private add(messageId: string, tell: () => void): void {
    const before = this.waiting.get(messageId);
    this.waiting.set(messageId, () => {
      before?.();
      tell();
    });
  }
}
