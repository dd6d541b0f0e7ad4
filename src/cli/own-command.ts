import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { COMMAND_NAMES } from './command-names.js';

/**
 * Messages in all layers write commands as `colloquy NAME`. @returns the text with commands that can be typed: if the shell does not find the
 * program, they begin with `npx`
 */
export function typeable(text: string, isFound = isOnPath(process.env)): string {
  return isFound ? text : text.replaceAll(OWN_COMMAND, 'npx $&');
}

/** Matches at the beginning of a line or quotation, or after a space or a sign, but neither the name of the program in a sentence nor in a path. */
const OWN_COMMAND = new RegExp(String.raw`(?<![\w./-]|npx )colloquy (?=(?:${COMMAND_NAMES.join('|')})\b)`, 'gu');

function isOnPath({ PATH = '' }: NodeJS.ProcessEnv): boolean {
  // npm and npx add the folder of the project's own programs, but only for the programs that they run.
  const folders = PATH.split(delimiter).filter(
    (folder) => folder !== '' && !/node_modules[\\/]\.bin[\\/]?$/u.test(folder),
  );
  return folders.some((folder) => isProgram(join(folder, process.platform === 'win32' ? 'colloquy.cmd' : 'colloquy')));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
