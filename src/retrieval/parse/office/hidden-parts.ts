import { excerpt } from '../../../domain/text.js';
import type { ParsedText } from '../parsed-text.js';

const NAMED = 5;
const LONGEST_NAME = 40;

/**
 * A note that says which sheets or slides were left out because their author hid them: they are often lists for the file's own use, or old figures,
 * which nobody who reads the file sees and an answer should therefore not cite.
 *
 * @param names of sheets, or numbers of slides
 */
export function noteOnHidden(what: 'sheet' | 'slide', names: readonly string[]): Pick<ParsedText, 'notes'> {
  if (names.length === 0) return {};
  const told = names.slice(0, NAMED).map((name) => excerpt(name, LONGEST_NAME));
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  const [many, them] = names.length === 1 ? ['', 'it'] : ['s', 'them'];
  return {
    notes: [
      `hidden ${what}${many} left out: ${told.join(', ')}${more}. To search ${them} too, unhide ${them} and add the file again.`,
    ],
  };
}
