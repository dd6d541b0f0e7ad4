import { InvalidArgumentError } from 'commander';
import type { ExpertProfile } from '../../domain/panel/expert.js';
import { faultOfExpertUrl, remoteProfile } from '../../experts/expert-url.js';
import { CliError } from '../cli-error.js';
import type { CliContext } from '../context.js';

/** A local expert by its name, or a remote one by its address, with or without a name. */
export interface ExpertAddress {
  readonly name?: string;
  readonly url?: string;
}

/** For options of commander: `NAME`, `ADDRESS` or `NAME=ADDRESS`. */
export function expertAddress(text: string): ExpertAddress {
  const { name, rest = '' } = /^(?:(?<name>[a-z0-9][a-z0-9-]{0,59})=)?(?<rest>.*)$/su.exec(text)?.groups ?? {};
  if (name === undefined && /^[a-z0-9][a-z0-9-]{0,59}$/u.test(rest)) return { name: rest };
  const fault = faultOfExpertUrl(rest);
  if (fault !== undefined) throw new InvalidArgumentError(`${fault}, or a name.`);
  return { url: rest, ...(name !== undefined && { name }) };
}

/**
 * Resolves the requested experts to profiles, in the same order. Asks remote experts for their profiles.
 *
 * @throws {FileFaultsError} with every fault of every file of an expert; {CliError} when two have one name, or nobody knows a name
 */
export async function resolveExperts(context: CliContext, wanted: readonly ExpertAddress[]): Promise<ExpertProfile[]> {
  const names = wanted.flatMap(({ name, url }) => (url === undefined && name !== undefined ? [name] : []));
  const { loadOwnExperts } = await import('./expert-library.js');
  const own = new Map((await loadOwnExperts(context, { names })).map(({ profile }) => [profile.name, profile]));
  const found = await Promise.all(
    wanted.map(async ({ name = '', url }) => (url === undefined ? own.get(name) : introduce(context, url, name))),
  );
  const all = found.filter((profile) => profile !== undefined);
  const twice = all.find(({ name }, index) => all.findIndex((other) => other.name === name) !== index);
  if (twice === undefined) return all;
  throw new CliError(`Two experts are named "${twice.name}". Give a remote one another name: NAME=ADDRESS.`);
}

/** An expert that does not respond at the beginning may respond later; this requires that its name is known. */
async function introduce({ config, terminal }: CliContext, url: string, name: string): Promise<ExpertProfile> {
  const { introduceRemoteExpert } = await import('../../experts/remote-expert.js');
  const { signal } = new AbortController();
  try {
    const found = await introduceRemoteExpert(url, { signal, token: config.expertToken });
    return remoteProfile(name === '' ? found.name : name, url, found.responsibility);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (name === '') throw new CliError(`${reason} Start it, or give its name as well: NAME=${url}`, { cause: error });
    terminal.note(`warning: ${reason} The panel will try to ask "${name}" anyway.`);
    return remoteProfile(name, url);
  }
}
