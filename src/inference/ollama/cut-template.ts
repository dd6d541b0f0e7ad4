import type { Node, Operand, Pipe } from './go-template-syntax.js';

/**
 * The template up to and including the place of the answer. Ollama renders the last turn with it, so that the answer can begin there.
 *
 * source: https://github.com/ollama/ollama/blob/v0.6.5/template/template.go, `deleteNode` as `Execute` calls it
 */
export function cutAfterResponse(nodes: readonly Node[]): Node[] {
  let isCut = false;
  const list = (all: readonly Node[]): Node[] => all.flatMap((one) => (isCut ? [] : (node(one) ?? [])));
  const node = (one: Node): Node | undefined => {
    if (one.type === 'action') {
      const kept = pipe(one.pipe);
      return kept && { ...one, pipe: kept };
    }
    // Searches only the bodies, not the conditions.
    if ('body' in one) return { ...one, body: list(one.body), otherwise: list(one.otherwise) };
    return one;
  };
  const pipe = (one: Pipe): Pipe | undefined => {
    const commands = one.commands.map((command) => command.flatMap((each) => operand(each) ?? []));
    return commands.some(({ length }) => length === 0) ? undefined : { ...one, commands };
  };
  const operand = (one: Operand): Operand | undefined => {
    if (isCut) return undefined;
    if (one.type === 'path' && one.root === undefined && one.fields.includes('Response')) isCut = true;
    if (one.type !== 'group') return one;
    const kept = pipe(one.pipe);
    return kept && { ...one, pipe: kept };
  };
  return list(nodes);
}
