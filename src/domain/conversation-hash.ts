import type { ChatTurn } from './session/context-window.js';
import type { ToolDescription } from './tools/tool-call.js';

/**
 * Digests of a conversation. An activity receives a digest instead of the conversation, and can check whether its copy is the right one.
 * Digests guard against mix-ups, not against attackers.
 */

/** Digest of a conversation without any turn. */
export const EMPTY_HASH = '0000000000000000';

/** Digest of the conversation with digest `hash` after one more answered turn. */
export function hashNextTurn(hash: string, turn: ChatTurn): string {
  const answered = extendHash(extendHash(hash, turn.user), turn.assistant);
  return turn.thinking === undefined ? answered : extendHash(answered, turn.thinking);
}

/** Digest of the conversation with digest `hash` after these answered turns. */
export function hashTurns(hash: string, turns: readonly ChatTurn[]): string {
  return turns.reduce(hashNextTurn, hash);
}

/** The part of a prompt before the turns. */
export interface Preamble {
  readonly persona?: string;
  /** Tools that may be called. */
  readonly tools?: readonly ToolDescription[];
  readonly summary?: string;
}

export function hashPreamble({ persona = '', tools = [], summary = '' }: Preamble): string {
  const hash = extendHash(extendHash(EMPTY_HASH, persona), summary);
  return tools.length === 0 ? hash : extendHash(hash, JSON.stringify(tools));
}

/** Digest of one text: 16 hexadecimal digits. */
export function hashText(text: string): string {
  return extendHash(EMPTY_HASH, text);
}

/** cyrb53 over two lanes, seeded with the previous hash. source: https://github.com/bryc/code/blob/master/jshash/experimental/cyrb53.js */
function extendHash(hash: string, text: string): string {
  let a = 0xdeadbeef ^ Number.parseInt(hash.slice(0, 8), 16);
  let b = 0x41c6ce57 ^ Number.parseInt(hash.slice(8), 16);
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return hex(a) + hex(b);
}

function hex(lane: number): string {
  return (lane >>> 0).toString(16).padStart(8, '0');
}
