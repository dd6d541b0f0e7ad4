import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { z } from 'zod';
import { makePrivateFolder } from '../private-folder.js';

/** A file in the `run` folder of this data folder, where running processes announce themselves. */
export function runFilePath(home: string, name: string): string {
  return join(home, 'run', name);
}

/** Replaces the file in one step, so that a reader sees either all of the old content or all of the new. Only this user can read it. */
export function writeRunFile(path: string, value: object): void {
  makePrivateFolder(dirname(path));
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, path);
}

/** `undefined` if the file is missing or invalid: it only holds information that can also be found in other ways. */
export function readRunFile<T>(path: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** Does nothing if the file does not exist. */
export function removeRunFile(path: string): void {
  rmSync(path, { force: true });
}
