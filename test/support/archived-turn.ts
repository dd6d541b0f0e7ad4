import type { ArchivedTurn } from '../../src/domain/session/archive.js';

/** An answered turn; what matters to a test is given. */
export function archivedTurn(turn: number, rest: Partial<ArchivedTurn> = {}): ArchivedTurn {
  const at = new Date(Date.UTC(2026, 0, 1) + turn * 60_000).toISOString();
  return {
    turn,
    parent: turn - 1,
    messageId: `message-${turn}`,
    text: `Question ${turn}?`,
    sentAt: at,
    answer: {
      text: `Answer ${turn}.`,
      finishReason: 'stop',
      modelId: 'smollm2-135m-instruct',
      usage: { inputTokens: 100, cachedInputTokens: 60, outputTokens: 10, durationMs: 12.5 },
      answeredAt: at,
    },
    ...rest,
  };
}

export function archivedTurns(count: number, rest: Partial<ArchivedTurn> = {}): ArchivedTurn[] {
  return Array.from({ length: count }, (_, index) => archivedTurn(index + 1, rest));
}
