import type { GenerateRequest } from '../../src/inference/language-model.js';
import type { ScriptedReply } from '../../src/inference/scripted-model.js';

const WORDS = 'bread ship rain lamp river stone cloud apple night bell glass road'.split(' ');
const DEFAULT_WORDS = 40;

/**
 * The scripted model's answer, which depends on the newest message alone: it says how many words it wants, and after how many ms each,
 * as in `Tell me more. words=200 delay=50`. Every message gets an answer of its own.
 */
export function scriptedReply({ prompt }: GenerateRequest): ScriptedReply {
  const asked = prompt.type === 'chat' ? (prompt.messages.at(-1)?.text ?? '') : prompt.text;
  const words = settingOf(asked, 'words', DEFAULT_WORDS);
  let seed = 7;
  for (let at = 0; at < asked.length; at++) seed = (seed * 31 + asked.charCodeAt(at)) >>> 0;
  const text = Array.from({ length: words }, (_, index) => {
    seed = (seed * 1_103_515_245 + 12_345) >>> 0;
    return `${WORDS[(seed >>> 16) % WORDS.length]}${index}`;
  }).join(' ');
  return { text, delayMs: settingOf(asked, 'delay', 0) };
}

function settingOf(text: string, name: string, otherwise: number): number {
  const found = new RegExp(`\\b${name}=(\\d+)`, 'u').exec(text)?.[1];
  return found === undefined ? otherwise : Number(found);
}
