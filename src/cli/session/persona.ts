import { readFile } from 'node:fs/promises';
import { faultOfPersona } from '../../domain/session/user-message.js';
import { CliError } from '../cli-error.js';

/** The persona as text: given as it is, or read from the file that follows an `@`. @throws {CliError} */
export async function resolvePersona(given: string | undefined): Promise<string | undefined> {
  if (given === undefined) return undefined;
  const persona = given.startsWith('@') ? await readPersonaFile(given.slice(1)) : given;
  const fault = faultOfPersona(persona);
  if (fault !== undefined) throw new CliError(fault);
  return persona;
}

async function readPersonaFile(path: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`The persona file "${path}" cannot be read: ${reason}.`, { cause: error });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).trim();
  } catch {
    throw new CliError(`The persona file "${path}" is not valid UTF-8. Convert it first, e.g. with iconv -t UTF-8.`);
  }
}
