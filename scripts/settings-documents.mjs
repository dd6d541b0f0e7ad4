// @ts-check
/** Writes what is told to users of environment variables from `src/settings.ts`: `npm run settings`. A test compares. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** @typedef {{ variable: string, default?: string, about: string }} Setting */

const WIDTH = 120;
const HEAD = `Every variable that Colloquy reads, with its default. The program reads them from the environment, and from a file ".env" in the folder where it is started: "cp .env.example .env". The environment takes precedence. Names of other programs in that file are left alone. Unset and empty mean the same. Temporal's own variables (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, TEMPORAL_API_KEY, TEMPORAL_TLS…) work as Temporal documents them. This file is written from src/settings.ts.`;
const BEGIN = '<!-- settings: written by "npm run settings" -->';
const END = '<!-- end of settings -->';

/** The text of `.env.example`. @param {readonly Setting[]} settings */
export function envExample(settings) {
  const blocks = settings.map((setting) => `${comment(setting.about)}\n${setting.variable}=${setting.default ?? ''}\n`);
  return [`${comment(HEAD)}\n`, ...blocks].join('\n');
}

/** The page with its table anew. @param {string} page @param {readonly Setting[]} settings */
export function settingsPage(page, settings) {
  const [before = '', rest = ''] = page.split(BEGIN);
  const [, after = ''] = rest.split(END);
  const list = settings.map(({ variable, default: value, about }) => {
    const shown = value === undefined || value === '' ? '' : ` (default: \`${value}\`)`;
    return `- \`${variable}\`${shown}: ${about.replaceAll('*', '\\*').replaceAll(/COLLOQUY_[A-Z_]+(?:\/[a-z]+)?/gu, '`$&`')}`;
  });
  return `${before}${BEGIN}\n\n${list.join('\n')}\n\n${END}${after}`;
}

/** @param {string} text */
function comment(text) {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length + 2 > WIDTH) lines.push(`# ${word}`);
    else lines[lines.length - 1] = line === '' ? `# ${word}` : `${line} ${word}`;
  }
  return lines.join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = new URL('../dist/settings.js', import.meta.url).href;
  const { SETTINGS } = await import(built);
  /** @type {Setting[]} */
  const settings = Object.values(SETTINGS);
  const page = new URL('../docs/guide/settings.md', import.meta.url);
  writeFileSync(new URL('../.env.example', import.meta.url), envExample(settings));
  writeFileSync(page, settingsPage(readFileSync(page, 'utf8'), settings));
}
