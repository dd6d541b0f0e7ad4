import type { Turn } from '../domain/conversation.js';

export interface ArchiveActivities {
  archiveTurns(input: {
    readonly sessionId: string;
    readonly userId?: string;
    readonly fromTurn: number;
    readonly throughTurn: number;
  }): Promise<void>;
  readArchivedTurn(input: { readonly sessionId: string; readonly turn: number }): Promise<Turn>;
  copyBranch(input: { readonly from: string; readonly turn: number; readonly to: string }): Promise<CopiedBranch>;
}

export interface CopiedBranch {
  readonly turnCount: number;
  readonly last?: Turn;
  readonly title?: string;
}
