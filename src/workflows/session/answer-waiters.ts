/**
 * Who waits for the answers to which messages. Plain promises rather than conditions, each of which is a scope and ten promises: the
 * sandbox takes a stack trace for each.
 */
export class AnswerWaiters {
  private readonly waiting = new Map<string, () => void>();

  /** @param isOpen whether the message's turn is not answered yet */
  constructor(private readonly isOpen: (messageId: string) => boolean) {}

  /**
   * Until the message's turn is closed; undefined where it is. Not cancellable: when the session is cancelled, the sender still gets
   * what was written so far.
   */
  waitFor(messageId: string): Promise<void> | undefined {
    return this.isOpen(messageId) ? new Promise((resolve) => this.add(messageId, resolve)) : undefined;
  }

  /** Ends the waiting for all that is answered. */
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
