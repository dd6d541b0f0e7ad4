import { excerpt } from '../../../domain/text.js';
import type { ParsedText } from '../parsed-text.js';

const NAMED = 5;
const LONGEST_NAME = 40;

/**
 * A note on sheets or slides that were left out because their author hid them. They are often lists for internal use or old figures.
 * Readers of the file do not see them, so an answer should not cite them.
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
