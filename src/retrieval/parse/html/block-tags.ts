/** Elements that begin and end a block; `br`, `li`, `tr`, `td` and others are handled separately. */
const BLOCKS = new Set(
  (
    'address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption figure footer form header hgroup ' +
    'hr html legend main menu nav ol p section summary table tbody tfoot thead ul'
  ).split(' '),
);

/** The first group is the level. */
export const HEADING = /^h([1-6])$/u;

/** Whether an element begins and ends its own line. */
export function isBlock(tag: string): boolean {
  return BLOCKS.has(tag) || HEADING.test(tag) || tag === 'tr' || tag === 'td' || tag === 'th';
}
