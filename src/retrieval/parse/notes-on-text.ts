import type { ParsedDocument } from '../../domain/knowledge/retrieval.js';
import type { DecodedText } from '../../net/decode-text.js';

/** A note for the user if the encoding of a text was guessed. */
export function notesOn({ encoding, isUnsure }: DecodedText): Pick<ParsedDocument, 'notes'> {
  if (isUnsure !== true) return {};
  return {
    notes: [
      `read as ${encoding}, which is a guess: nothing in it names its charset. If words are wrong, save it as UTF-8 and add it again.`,
    ],
  };
}
