import { TEMPLATE_FUNCTIONS } from './go-template-rendering.js';
import { TemplateSyntaxError, type Node, type Operand, type Pipe } from './go-template-syntax.js';

export interface TemplateNames {
  /** Names of fields, wherever they occur. */
  readonly fields: ReadonlySet<string>;
  readonly functions: ReadonlySet<string>;
}

/**
 * All fields that Ollama passes to templates.
 *
 * source: https://github.com/ollama/ollama/blob/v0.17.4/template/template.go, `Execute`, `templateMessage`, `templateTool`
 */
const FIELDS: ReadonlySet<string> = new Set(
  (
    'System Messages Tools Response Prompt Suffix Think ThinkLevel IsThinkSet ' +
    'Role Content Thinking Images ToolCalls ToolName ToolCallID ' +
    'Function Name Description Arguments Parameters Properties Required Type Items Enum ID Index Defs AnyOf'
  ).split(' '),
);

/** The names that a template uses, including those in branches that a plain conversation does not reach. */
export function namesOf(nodes: readonly Node[]): TemplateNames {
  const fields = new Set<string>();
  const functions = new Set<string>();
  const pipe = ({ commands }: Pipe): void => commands.forEach((command) => command.forEach(operand));
  const operand = (one: Operand): void => {
    if (one.type === 'function') functions.add(one.name);
    if (one.type === 'group') pipe(one.pipe);
    if (one.type === 'group' || one.type === 'path') one.fields.forEach((name) => fields.add(name));
  };
  const list = (all: readonly Node[]): void => all.forEach(node);
  const node = (one: Node): void => {
    if (!('pipe' in one)) return;
    pipe(one.pipe);
    if (!('body' in one)) return;
    list(one.body);
    list(one.otherwise);
  };
  list(nodes);
  return { fields, functions };
}

/** @throws {TemplateSyntaxError} for names that Ollama does not define, or that are newer than this code */
export function refuseUnknownNames({ fields, functions }: TemplateNames): void {
  const call = [...functions].find((name) => !TEMPLATE_FUNCTIONS.has(name));
  if (call !== undefined) throw new TemplateSyntaxError(`its function "${call}" is not understood`);
  const field = [...fields].find((name) => !FIELDS.has(name));
  if (field !== undefined) throw new TemplateSyntaxError(`its variable ".${field}" is not known`);
}
