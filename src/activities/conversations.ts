import type { ChatTurn } from '../domain/context-window.js';
import { hashConversation } from '../domain/conversation-hash.js';
import type { GenerateInput } from '../domain/generation.js';
import type { TranscriptPage } from '../domain/transcript.js';

/** What a model was told and said so far: the persona and the answered turns, oldest first. */
export interface Conversation {
  readonly persona?: string;
  readonly turns: readonly ChatTurn[];
}

export interface Conversations {
  /**
   * The conversation before turn `turn`: from the request when it is only a persona, from memory when the copy held has this hash, else
   * from the session.
   *
   * @throws when the session cannot be asked, or tells another conversation than the hash says
   */
  before(request: ConversationRequest): Promise<Conversation>;
  /** Keeps the conversation for the turn to come. */
  remember(sessionId: string, conversation: Conversation): void;
}

export type ConversationRequest = Pick<GenerateInput, 'sessionId' | 'turn' | 'conversationHash' | 'persona'>;

/** Asks a session for the transcript from a turn on. Costs no event in its history. */
export type FetchTranscript = (sessionId: string, fromTurn: number) => Promise<TranscriptPage>;

/** Sessions kept in memory; one that was dropped costs a query at its next turn. */
const MAX_REMEMBERED = 200;

export function createConversations(fetchTranscript: FetchTranscript): Conversations {
  // A Map keeps insertion order: the first key is the one longest unused.
  const remembered = new Map<string, Conversation>();

  async function fetchBefore(sessionId: string, turn: number): Promise<Conversation> {
    const turns: ChatTurn[] = [];
    let persona: string | undefined;
    for (let fromTurn: number | undefined = 1; fromTurn !== undefined;) {
      const page: TranscriptPage = await fetchTranscript(sessionId, fromTurn);
      persona = page.settings.persona;
      turns.push(...toChatTurns(page));
      fromTurn = page.nextTurn;
    }
    return { persona, turns: turns.filter((each) => each.turn < turn) };
  }

  return {
    async before({ sessionId, turn, conversationHash, persona }) {
      if (hashConversation(persona, []) === conversationHash) return { persona, turns: [] };
      const held = remembered.get(sessionId);
      if (held && hashConversation(held.persona, held.turns) === conversationHash) return held;
      const fetched = await fetchBefore(sessionId, turn);
      const hash = hashConversation(fetched.persona, fetched.turns);
      if (hash !== conversationHash) {
        throw new Error(
          `Session "${sessionId}" tells another conversation before turn ${turn} than this turn was asked for.`,
        );
      }
      return fetched;
    },
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

function toChatTurns(page: TranscriptPage): ChatTurn[] {
  const users = new Map(page.messages.filter((each) => each.role === 'user').map((each) => [each.turn, each.text]));
  return page.messages
    .filter((each) => each.role === 'assistant')
    .map((each) => ({ turn: each.turn, user: users.get(each.turn) ?? '', assistant: each.text }));
}
