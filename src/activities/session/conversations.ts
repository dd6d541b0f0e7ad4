import type { ChatTurn } from '../../domain/session/context-window.js';
import { EMPTY_HASH, hashPreamble, hashTurns } from '../../domain/conversation-hash.js';
import type { Preamble } from '../../domain/conversation-hash.js';
import type { ConversationReference } from '../../domain/session/generation.js';
import type { ToolCall } from '../../domain/tools/tool-call.js';
import type { ConversationPage, ConversationRequest } from '../../domain/session/transcript.js';

/** Everything in a prompt except the newest message: the preamble, and the newest part of a branch. */
export interface Conversation extends Preamble {
  /** Answered turns, oldest first, from the first one of the context window or earlier. */
  readonly turns: readonly ChatTurn[];
  /** Digest of the branch before these turns. */
  readonly hashBefore: string;
}

export interface Conversations {
  /**
   * The conversation that a reference identifies: from the reference if it is only a persona, from memory if the copy held there has the
   * same digests, otherwise from the session and the archive.
   *
   * @throws if the session cannot be asked, or returns a conversation that does not match the digests
   */
  before(reference: ConversationReference): Promise<Conversation>;
  /** Keeps the conversation for the next turn. */
  remember(sessionId: string, conversation: Conversation): void;
  forget(sessionId: string): void;
}

/** Sources of conversations. */
export interface ConversationSource {
  /** Queries the session. Adds no event to its history. */
  readonly fromSession: (sessionId: string, request: ConversationRequest) => Promise<ConversationPage>;
  /** Queries the archive for turns that the session no longer holds. */
  readonly fromArchive: (sessionId: string, request: ConversationRequest) => Promise<ConversationPage>;
}

/** Queries the session for the results of the tools that a turn has called so far. Adds no event to its history. */
export type FetchToolCalls = (sessionId: string, turn: number) => Promise<readonly ToolCall[]>;

/** Number of sessions kept in memory. The next turn of a dropped session costs a query. */
const MAX_REMEMBERED = 200;

export function createConversations({ fromSession, fromArchive }: ConversationSource): Conversations {
  // A Map keeps insertion order, so its first key is the least recently used.
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
  // A copy that starts at a later turn lacks the beginning of the window.
  const reachesBack = hashBefore === EMPTY_HASH || (turns[0] !== undefined && turns[0].turn <= contextFromTurn);
  const isWindowEmpty = turns.length === 0 && hashBefore === pathHash;
  return (
    (reachesBack || isWindowEmpty) &&
    hashPreamble(conversation) === preambleHash &&
    hashTurns(hashBefore, turns) === pathHash
  );
}
