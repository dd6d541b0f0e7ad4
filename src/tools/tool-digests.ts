import { createHash } from 'node:crypto';
import type { ToolDescription } from '../domain/tools/tool-call.js';

/** Digests of tool descriptions by tool name, to check whether another process has the same tools. */
export function toolDigests(descriptions: readonly ToolDescription[]): Record<string, string> {
  return Object.fromEntries(
    descriptions.map((description) => [
      description.name,
      createHash('sha256').update(JSON.stringify(description)).digest('hex').slice(0, 16),
    ]),
  );
}

/** Names of tools that `known` lacks, or has with a different digest. */
export function unknownTools(
  descriptions: readonly ToolDescription[],
  known: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.entries(toolDigests(descriptions))
    .filter(([name, digest]) => known[name] !== digest)
    .map(([name]) => name);
}
