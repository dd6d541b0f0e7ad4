import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { z } from 'zod';
import { makePrivateFolder } from '../private-folder.js';

/** Where running processes of this data folder say so: `run` in it. */
export function runFilePath(home: string, name: string): string {
  return join(home, 'run', name);
}

/** Replaces the file in one step: a reader sees all of the old or all of the new. Readable by this user only. */
export function writeRunFile(path: string, value: object): void {
  makePrivateFolder(dirname(path));
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, path);
}

/** `undefined` when the file is not there or makes no sense: it only ever says what could be found out otherwise. */
export function readRunFile<T>(path: string, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

/** Does nothing when it is not there. */
export function removeRunFile(path: string): void {
  rmSync(path, { force: true });
}
