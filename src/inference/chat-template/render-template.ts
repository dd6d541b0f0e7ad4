import { dictFunction } from './jinja/containers.js';
import { PythonInterpreter } from './jinja/interpreter.js';
import { Environment, type Scope, type TemplateNode } from './jinja/library.js';
import { parseTemplate } from './jinja/parse-template.js';
import { strftime } from './jinja/strftime.js';
import { TemplateError, TemplateRefusal } from './jinja/template-error.js';

export interface RenderOptions {
  /** Time for `strftime_now`, in local time. */
  readonly now: Date;
}

/** Renders one template with variables, which must be JSON. @throws {TemplateError} */
export type RenderTemplate = (variables: Readonly<Record<string, unknown>>, options: RenderOptions) => string;

/**
 * Compiles a Jinja chat template that renders as transformers' `apply_chat_template` does: `trim_blocks`, `lstrip_blocks`, loop controls,
 * `generation` tags, `tojson`, `raise_exception`, `strftime_now`. A variable with the value `undefined` is not defined in the template.
 *
 * @throws {TemplateError} for unsupported parts of the language, with the line.
 */
export function compileTemplate(template: string): RenderTemplate {
  const program = parseTemplate(template);
  return (variables, { now }) => render(program, variables, now);
}

function render(program: TemplateNode, variables: Readonly<Record<string, unknown>>, now: Date): string {
  const scope = globalScope(now);
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) continue;
    scope.variables.delete(name);
    scope.set(name, value);
  }
  const interpreter = new PythonInterpreter(scope);
  try {
    // A program's value is its text.
    return String(interpreter.evaluate(program, scope).value);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TemplateError(reason, {
      line: interpreter.line,
      isRefusal: error instanceof TemplateRefusal,
      cause: error,
    });
  }
}

function globalScope(now: Date): Scope {
  const scope = new Environment();
  for (const [name, value] of [
    ['true', true],
    ['True', true],
    ['false', false],
    ['False', false],
    ['none', null],
    ['None', null],
  ] as const) {
    scope.set(name, value);
  }
  scope.setVariable('dict', dictFunction);
  scope.set('range', range);
  scope.set('strftime_now', (format: string) => strftime(now, format));
  scope.set('raise_exception', (message: unknown) => {
    throw new TemplateRefusal(String(message));
  });
  return scope;
}

/** Python's `range`. */
function range(first: number, end?: number, step = 1): number[] {
  const [from, to] = end === undefined ? [0, first] : [first, end];
  if (step === 0) throw new RangeError('range() arg 3 must not be zero');
  const values: number[] = [];
  for (let value = from; step > 0 ? value < to : value > to; value += step) values.push(value);
  return values;
}
