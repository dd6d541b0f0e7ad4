import type { ChatTurn } from '../../domain/session/context-window.js';
import { EMPTY_HASH, hashPreamble, hashTurns } from '../../domain/conversation-hash.js';
import type { Preamble } from '../../domain/conversation-hash.js';
import type { ConversationReference } from '../../domain/session/generation.js';
import type { ToolCall } from '../../domain/tools/tool-call.js';
import type { ConversationPage, ConversationRequest } from '../../domain/session/transcript.js';

/** What a prompt is made of, but for the newest message: what stands before the turns, and the newest part of a branch. */
export interface Conversation extends Preamble {
  /** Answered turns, oldest first, from the first one of the context window or earlier. */
  readonly turns: readonly ChatTurn[];
  /** Digest of the branch before them. */
  readonly hashBefore: string;
}

export interface Conversations {
  /**
   * The conversation that a reference stands for: from the reference when it is only a persona, from memory when the copy held has
   * its digests, else from the session and the archive.
   *
   * @throws when the session cannot be asked, or tells another conversation than the digests say
   */
  before(reference: ConversationReference): Promise<Conversation>;
  /** Keeps the conversation for the turn to come. */
  remember(sessionId: string, conversation: Conversation): void;
  forget(sessionId: string): void;
}

/** Where conversations come from. */
export interface ConversationSource {
  /** Asks the session. Costs no event in its history. */
  readonly fromSession: (sessionId: string, request: ConversationRequest) => Promise<ConversationPage>;
  /** Asks the archive for turns that the session no longer holds. */
  readonly fromArchive: (sessionId: string, request: ConversationRequest) => Promise<ConversationPage>;
}

/** What tools gave in a turn so far: asked of the session, at no cost of events. */
export type FetchToolCalls = (sessionId: string, turn: number) => Promise<readonly ToolCall[]>;

/** Sessions kept in memory; one that was dropped costs a query at its next turn. */
const MAX_REMEMBERED = 200;

export function createConversations({ fromSession, fromArchive }: ConversationSource): Conversations {
  // A Map keeps insertion order: the first key is the one longest unused.
  const remembered = new Map<string, Conversation>();

  async function fetchBefore(reference: ConversationReference): Promise<Conversation> {
    const { sessionId, head, contextFromTurn: fromTurn, preambleHash } = reference;
    let page = await fromSession(sessionId, { head, fromTurn, preambleHash });
    const { persona, tools, summary } = page;
    let { turns, hashBefore } = page;
    while (page.olderHead > 0) {
      const ask = page.isOlderArchived ? fromArchive : fromSession;
      page = await ask(sessionId, { head: page.olderHead, fromTurn, preambleHash });
      turns = [...page.turns, ...turns];
      ({ hashBefore } = page);
    }
    return { persona, tools, summary, turns, hashBefore: hashBefore ?? EMPTY_HASH };
  }

  return {
    async before(reference) {
      const { sessionId, persona, preambleHash, pathHash, head } = reference;
      if (persona !== undefined && pathHash === EMPTY_HASH && hashPreamble({ persona }) === preambleHash) {
        return { persona, turns: [], hashBefore: EMPTY_HASH };
      }
      const held = remembered.get(sessionId);
      if (held !== undefined) {
        const current = persona === undefined ? held : { ...held, persona };
        if (isSame(current, reference)) return current;
      }
      const fetched = await fetchBefore(reference);
      if (pathHash !== undefined && !isSame(fetched, reference)) {
        throw new Error(
          `Session "${sessionId}" has a different conversation up to turn ${head} than the one that this turn follows.`,
        );
      }
      return fetched;
    },
    forget: (sessionId) => void remembered.delete(sessionId),
    remember(sessionId, conversation) {
      remembered.delete(sessionId);
      remembered.set(sessionId, conversation);
      if (remembered.size > MAX_REMEMBERED) {
        for (const oldest of remembered.keys()) {
          remembered.delete(oldest);
          break;
        }
      }
    },
  };
}

function isSame(conversation: Conversation, reference: ConversationReference): boolean {
  const { hashBefore, turns } = conversation;
  const { pathHash, preambleHash, contextFromTurn } = reference;
  // Held from a later turn on, it would lack the beginning of the window.
  const reachesBack = hashBefore === EMPTY_HASH || (turns[0] !== undefined && turns[0].turn <= contextFromTurn);
  const isWindowEmpty = turns.length === 0 && hashBefore === pathHash;
  return (
    (reachesBack || isWindowEmpty) &&
    hashPreamble(conversation) === preambleHash &&
    hashTurns(hashBefore, turns) === pathHash
  );
}
