/** Elements that begin and end a block; `br`, `li`, `tr`, `td` and others are handled one by one. */
const BLOCKS = new Set(
  (
    'address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure footer form header hgroup ' +
    'hr html legend main menu nav ol p section summary table tbody tfoot thead ul'
  ).split(' '),
);

/** Its level is the first group. */
export const HEADING = /^h([1-6])$/u;

/** Whether an element begins and ends a line of its own. */
export function isBlock(tag: string): boolean {
  return BLOCKS.has(tag) || HEADING.test(tag) || tag === 'tr' || tag === 'td' || tag === 'th';
}
