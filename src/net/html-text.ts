/** Elements whose content is not for readers. */
const UNREAD = new Set(['script', 'style', 'noscript', 'template', 'svg', 'iframe', 'textarea', 'select']);
/** Elements that end a line; all others are part of one. */
const BLOCKS = new Set(
  (
    'address article aside blockquote br caption dd div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr li main ' +
    'nav ol option p pre section summary table tbody tfoot thead title tr ul'
  ).split(' '),
);
const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  ndash: '–',
  mdash: '—',
  hellip: '…',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  middot: '·',
  bull: '•',
  copy: '©',
  reg: '®',
  trade: '™',
  euro: '€',
  pound: '£',
  deg: '°',
  times: '×',
};

/**
 * What a reader sees of an HTML page, roughly: its title and text, a line for each block, no markup. Takes time in proportion to the
 * page's length, whatever the page does.
 */
export function htmlText(html: string): string {
  // Letters of ASCII only: others may change the length.
  const lower = html.replace(/[A-Z]+/gu, (letters) => letters.toLowerCase());
  const pieces: string[] = [];
  let position = 0;
  let isPreformatted = false;
  const keep = (text: string): void => void pieces.push(isPreformatted ? text : text.replace(/\s+/gu, ' '));
  const skipPast = (end: string): void => {
    const at = lower.indexOf(end, position);
    position = at === -1 ? html.length : at + end.length;
  };
  while (position < html.length) {
    const tagAt = html.indexOf('<', position);
    keep(html.slice(position, tagAt === -1 ? html.length : tagAt));
    if (tagAt === -1) break;
    position = tagAt;
    if (html.startsWith('<!--', position)) {
      skipPast('-->');
      continue;
    }
    const tag = /^<(\/?)([a-z][a-z0-9-]{0,30})|^<[!?]/u.exec(lower.slice(position, position + 34));
    if (tag === null) {
      pieces.push('<');
      position++;
      continue;
    }
    position = endOfTag(html, position);
    const [, slash, name = ''] = tag;
    if (BLOCKS.has(name)) pieces.push('\n');
    else if (name === 'td' || name === 'th') pieces.push(' ');
    if (name === 'pre') isPreformatted = slash === '';
    if (slash === '' && UNREAD.has(name) && html[position - 2] !== '/') {
      skipPast(`</${name}`);
      skipPast('>');
    }
  }
  return decodeEntities(pieces.join(''))
    .split('\n')
    .map((line) => line.replace(/\s+/gu, ' ').trim())
    .filter((line) => line !== '')
    .join('\n');
}

/** Just after the `>` that is not within quotes. */
function endOfTag(html: string, start: number): number {
  let quote = '';
  for (let index = start; index < html.length; index++) {
    const character = html[index] ?? '';
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '>') {
      return index + 1;
    } else if ((character === '"' || character === "'") && html[index - 1] === '=') {
      quote = character;
    }
  }
  return html.length;
}

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,8}));/giu, (whole, decimal, hex, name) => {
    if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
    return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? '\u{fffd}' : String.fromCodePoint(code);
  });
}
