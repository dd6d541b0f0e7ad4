import { createHash } from 'node:crypto';
import type { ToolDescription } from '../domain/tools/tool-call.js';

/** A digest of each tool's description by its name: whether another process knows the same tool. */
export function toolDigests(descriptions: readonly ToolDescription[]): Record<string, string> {
  return Object.fromEntries(
    descriptions.map((description) => [
      description.name,
      createHash('sha256').update(JSON.stringify(description)).digest('hex').slice(0, 16),
    ]),
  );
}

/** Names of tools that are not among the `known`, or otherwise. */
export function unknownTools(
  descriptions: readonly ToolDescription[],
  known: Readonly<Record<string, string>>,
): readonly string[] {
  return Object.entries(toolDigests(descriptions))
    .filter(([name, digest]) => known[name] !== digest)
    .map(([name]) => name);
}
