import { z } from 'zod';
import { defuseMarks, marksOf, USUAL_MARKS } from '../http/defuse-marks.js';
import type { ServerDescription } from '../http/http-failure.js';
import { rootOf, type AskServer } from './probe-server.js';
import type { ServerKind } from './server-kind.js';

export interface ServerMarks {
  /** Asks the server, if possible, which marks occur in these texts. Never fails: unknown marks are judged by their shape. */
  learn(texts: readonly string[]): Promise<void>;
  /** Returns the text with all marks broken. */
  defuse(text: string): string;
}

/** Texts that a vocabulary could contain as a separate token, wherever they stand. */
const CANDIDATES = [
  /<[^<>\s]{1,64}>/gu,
  /[〈《【][^\s〈〉《》【】]{1,64}[〉》】]/gu,
  /\[\/?[|~]?[A-Za-z]*[A-Z_|~][A-Z_0-9a-z|~]*\]?/gu,
  /[|｜◁][^\s|｜◁▷]{1,64}[|｜▷]/gu,
  USUAL_MARKS,
];

/** Some vocabularies contain these as tokens to shorten web pages, and they occur in users' texts. source: Gemma's vocabulary */
const HTML =
  /^<\/?(?:a|abbr|article|aside|audio|b|blockquote|body|br|button|caption|code|dd|details|div|dl|dt|em|figure|footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|label|li|link|main|mark|meta|nav|ol|option|p|pre|script|section|select|small|span|strong|style|sub|summary|sup|svg|table|tbody|td|textarea|tfoot|th|thead|title|tr|u|ul|video)>$/iu;

/** Maximum number of candidates in one request; the others are judged by their shape. */
const MOST_ASKED = 500;
const MOST_KNOWN = 20_000;

/** Returns the candidates that are single tokens which represent nothing but themselves. Undefined if the server does not tell. */
type AskVocabulary = (candidates: readonly string[]) => Promise<ReadonlySet<string> | undefined>;

/**
 * Marks of the model behind a server. This asks llama.cpp's server and vLLM how they tokenize texts that look like marks: only the marks in
 * their vocabulary are broken, and mere look-alikes stay unchanged. For other servers, the shapes of all known formats decide
 * (`USUAL_MARKS`).
 */
export function createServerMarks(
  kind: ServerKind,
  name: string,
  server: ServerDescription,
  ask: AskServer,
): ServerMarks {
  const askVocabulary = vocabularyOf(kind, name, rootOf(server), ask);
  const known = new Map<string, boolean>();
  return {
    async learn(texts) {
      const asked = [...new Set(texts.flatMap((text) => candidatesIn(text)))].filter((one) => !known.has(one));
      if (askVocabulary === undefined || asked.length === 0) return;
      const batch = asked.slice(0, MOST_ASKED);
      const tokens = await askVocabulary(batch).catch(() => undefined);
      if (tokens === undefined) return;
      if (known.size > MOST_KNOWN) known.clear();
      for (const candidate of batch) known.set(candidate, tokens.has(candidate));
    },
    defuse(text) {
      const marks = candidatesIn(text).filter((one) => known.get(one) ?? isUsual(one));
      return defuseMarks(text, marksOf(marks));
    },
  };
}

function candidatesIn(text: string): string[] {
  return CANDIDATES.flatMap((pattern) => text.match(pattern) ?? []);
}

function isUsual(candidate: string): boolean {
  return candidate.match(USUAL_MARKS)?.[0] === candidate;
}

function vocabularyOf(kind: ServerKind, name: string, url: string, ask: AskServer): AskVocabulary | undefined {
  switch (kind) {
    case 'llamacpp': {
      const piecesOf = async (content: string, parse_special: boolean): Promise<ReadonlySet<string> | undefined> => {
        const request = { model: name, content, add_special: false, parse_special, with_pieces: true };
        const told = llamaPieces.safeParse(await ask(`${url}/tokenize`, request)).data;
        return told && new Set(told.tokens.map(({ piece }) => (typeof piece === 'string' ? piece : '')));
      };
      return async (candidates) => {
        const special = await piecesOf(candidates.join('\n'), true);
        const plain = await piecesOf(candidates.join('\n'), false);
        if (special === undefined || plain === undefined) return undefined;
        // A token that plain text can also produce counts as a mark only if formats use it, such as `<think>`.
        const isMark = (one: string): boolean => special.has(one) && (!plain.has(one) || isUsual(one));
        return new Set(candidates.filter((one) => isMark(one)));
      };
    }
    case 'vllm':
      return async (candidates) => {
        const request = {
          model: name,
          prompt: candidates.join('\n'),
          add_special_tokens: false,
          return_token_strs: true,
        };
        const told = vllmTokens.safeParse(await ask(`${url}/tokenize`, request)).data;
        if (told === undefined) return undefined;
        const tokens = new Set(told.token_strs);
        return new Set(candidates.filter((one) => tokens.has(one) && (isUsual(one) || !HTML.test(one))));
      };
    case 'sglang':
    case 'ollama':
    case 'other':
      return undefined;
  }
}

const llamaPieces = z.object({ tokens: z.array(z.looseObject({ piece: z.union([z.string(), z.array(z.number())]) })) });
const vllmTokens = z.object({ token_strs: z.array(z.string()) });
