import { dictFrom, dictMember, listMethod } from './containers.js';
import { applyFilter } from './filters.js';
import {
  Environment,
  functionOf,
  Interpreter,
  isDict,
  isFunction,
  isInteger,
  isList,
  isNamespace,
  isText,
  isTrue,
  isUndefined,
  nameOf,
  NONE,
  textOf,
  tupleOf,
  UNDEFINED,
  booleanOf,
  elementsOf,
  type JinjaFunction,
  type JinjaValue,
  type Scope,
  type TemplateNode,
} from './library.js';
import { loopValues, LoopExit } from './loops.js';
import { applyOperator } from './operators.js';
import { LINE_COMMENT, PRINT, TEST_FILTER } from './parse-template.js';
import { pythonText } from './python-text.js';
import { stringMethod } from './string-methods.js';
import { runTest } from './tests.js';

/**
 * Overrides @huggingface/jinja's interpreter where it silently differs from Python's Jinja or lacks features. Each override says what it
 * corrects.
 */
export class PythonInterpreter extends Interpreter {
  /** Line of the statement that began last, as `parseTemplate` marked it. */
  line: number | undefined;

  override evaluate(node: TemplateNode | undefined, scope: Scope): JinjaValue {
    if (node === undefined) return UNDEFINED;
    switch (node.type) {
      case 'Evaluated':
        return node.evaluated ?? UNDEFINED;
      case 'Comment':
        return this.markLine(node);
      case 'Program':
        return textOf(this.block(node.body, scope));
      case 'If':
        return this.evaluateBranch(node, scope);
      case 'For':
        return this.evaluateLoop(node, scope);
      case 'Break':
      case 'Continue':
        throw new LoopExit(node.type);
      case 'Macro':
        return this.defineMacro(node, scope);
      case 'FilterStatement':
        return this.filter(textOf(this.block(node.body, scope)), node.filter, scope);
      case 'FilterExpression':
        return this.filter(this.evaluate(node.operand, scope), node.filter, scope);
      case 'TestExpression':
        return this.test(node, scope);
      case 'BinaryExpression':
        return this.binary(node, scope);
      case 'ObjectLiteral':
        return dictFrom(
          (node.value instanceof Map ? [...node.value] : []).map(
            ([key, value]: readonly [TemplateNode, TemplateNode]) =>
              [this.evaluate(key, scope), this.evaluate(value, scope)] as const,
          ),
        );
      case 'MemberExpression':
        return this.member(node, scope);
      case 'CallExpression':
        return this.call(node, scope);
      default:
        return super.evaluate(node, scope);
    }
  }

  private markLine({ value }: TemplateNode): JinjaValue {
    if (typeof value === 'string' && value.startsWith(LINE_COMMENT))
      this.line = Number(value.slice(LINE_COMMENT.length));
    return NONE;
  }

  /** Keeps the text written before a `break`; the library drops the text of the whole iteration. */
  private block(statements: readonly TemplateNode[] | undefined, scope: Scope): string {
    let text = '';
    for (const statement of statements ?? []) {
      try {
        const value = this.evaluate(statement, scope);
        if (isText(value)) text += value.value;
      } catch (error) {
        if (error instanceof LoopExit) error.text = text + error.text;
        throw error;
      }
    }
    return text;
  }

  private evaluateBranch({ test, body, alternate }: TemplateNode, scope: Scope): JinjaValue {
    return textOf(this.block(isTrue(this.evaluate(test, scope)) ? body : alternate, scope));
  }

  /** Each iteration has its own scope, so its variables are not visible in the next one. The library keeps one scope for all. */
  private evaluateLoop(node: TemplateNode, scope: Scope): JinjaValue {
    const { loopvar, iterable, body, defaultBlock } = node;
    const selection = iterable?.type === 'SelectExpression' ? iterable : undefined;
    const source = this.evaluate(selection ? selection.lhs : iterable, scope);
    const elements = elementsOf(source).filter((element) => {
      if (selection === undefined) return true;
      const round = new Environment(scope);
      assign(loopvar, element, round);
      return isTrue(this.evaluate(selection.test, round));
    });
    let text = '';
    let hasRun = false;
    const loops = loopValues(elements);
    for (const [index, element] of elements.entries()) {
      const round = new Environment(scope);
      round.setVariable('loop', loops(index));
      assign(loopvar, element, round);
      try {
        text += this.block(body, round);
        hasRun = true;
      } catch (error) {
        if (!(error instanceof LoopExit)) throw error;
        text += error.text;
        if (error.kind === 'Break') break;
      }
    }
    // As in Jinja, iterations that were left early do not count.
    return textOf(hasRun ? text : text + this.block(defaultBlock, scope));
  }

  /** A macro sees the variables at its definition; the library gives it those at its call. */
  private defineMacro(node: TemplateNode, scope: Scope): JinjaValue {
    super.evaluate(node, scope);
    const name = nameOf(node.name);
    const macro = scope.lookupVariable(name);
    if (!isFunction(macro)) return NONE;
    const run: JinjaFunction = (args, from) => {
      const inner = new Environment(scope);
      const caller = from.variables.get('caller');
      if (caller !== undefined) inner.setVariable('caller', caller);
      return macro.value(args, inner);
    };
    scope.setVariable(name, functionOf(run));
    return NONE;
  }

  private filter(operand: JinjaValue, filter: TemplateNode | undefined, scope: Scope): JinjaValue {
    const isCall = filter?.type === 'CallExpression';
    const name = nameOf(isCall ? filter.callee : filter);
    if (name === PRINT) return textOf(pythonText(operand));
    const args = isCall ? this.arguments(filter.args, scope) : [];
    if (name.startsWith(TEST_FILTER)) {
      const test = name.slice(TEST_FILTER.length);
      const isNegated = test.startsWith('not ');
      return booleanOf(runTest(isNegated ? test.slice(4) : test, operand, args) !== isNegated);
    }
    const filtered = applyFilter(name, operand, args);
    if (filtered === undefined) throw new TypeError(`no filter named '${name}'`);
    return filtered;
  }

  private arguments(nodes: readonly TemplateNode[] | undefined, scope: Scope): readonly JinjaValue[] {
    let given: readonly JinjaValue[] = [];
    // The library only evaluates arguments in a call.
    const take = functionOf((args) => {
      given = args;
      return NONE;
    });
    super.evaluate(
      { type: 'CallExpression', callee: { type: 'Evaluated', evaluated: take }, args: nodes ?? [] },
      scope,
    );
    return given;
  }

  private test({ operand, negate, test }: TemplateNode, scope: Scope): JinjaValue {
    const result = runTest(nameOf(test), this.evaluate(operand, scope), []);
    return booleanOf(result !== negate);
  }

  private binary(node: TemplateNode, scope: Scope): JinjaValue {
    const operator = node.operator?.value ?? '';
    const left = this.evaluate(node.left, scope);
    const right = () => this.evaluate(node.right, scope);
    if (operator === 'and') return isTrue(left) ? right() : left;
    if (operator === 'or') return isTrue(left) ? left : right();
    return applyOperator(operator, left, right());
  }

  /** `a.items` is the method, `a['items']` the entry, and undefined values have no attributes. */
  private member(node: TemplateNode, scope: Scope): JinjaValue {
    const object = this.evaluate(node.object, scope);
    const { property } = node;
    if (isUndefined(object)) throw new TypeError(`${spelled(node.object)} is undefined`);
    if (property?.type === 'SliceExpression') {
      const sliced = super.evaluate({ ...node, object: { type: 'Evaluated', evaluated: object } }, scope);
      return isList(object) && object.type === 'TupleValue' ? tupleOf(elementsOf(sliced)) : sliced;
    }
    const key =
      node.computed === true || property?.type === 'IntegerLiteral' ? this.evaluate(property, scope) : undefined;
    const name = key === undefined ? nameOf(property) : isText(key) ? key.value : undefined;
    if (isDict(object)) return dictMember(object, name ?? (isInteger(key) ? key.value : undefined), key === undefined);
    if (name !== undefined && isNamespace(object)) return object.value.get(name) ?? UNDEFINED;
    if (name !== undefined && isText(object)) return stringMethod(object.value, name) ?? UNDEFINED;
    if (name !== undefined && isList(object)) return listMethod(object.value, name);
    if (!isInteger(key)) return UNDEFINED;
    if (isList(object)) return object.value.at(key.value) ?? UNDEFINED;
    const character = isText(object) ? Array.from(object.value).at(key.value) : undefined;
    return character === undefined ? UNDEFINED : textOf(character);
  }

  private call(node: TemplateNode, scope: Scope): JinjaValue {
    const callee = this.evaluate(node.callee, scope);
    if (!isFunction(callee)) throw new TypeError(`${spelled(node.callee)} is not a function`);
    return super.evaluate({ ...node, callee: { type: 'Evaluated', evaluated: callee } }, scope);
  }
}

function assign(target: TemplateNode | undefined, value: JinjaValue, scope: Scope): void {
  if (target?.type === 'Identifier') {
    scope.setVariable(nameOf(target), value);
    return;
  }
  if (target?.type !== 'TupleLiteral' || !Array.isArray(target.value)) {
    throw new TypeError('a loop needs a name for what it visits');
  }
  const targets: readonly TemplateNode[] = target.value;
  const values = elementsOf(value);
  if (values.length !== targets.length) throw new TypeError(`${targets.length} names for ${values.length} values`);
  for (const [index, each] of targets.entries()) assign(each, values[index] ?? UNDEFINED, scope);
}

/** Approximate source text of an expression, close enough to find it in the template. */
function spelled(node: TemplateNode | undefined): string {
  if (node?.type === 'Identifier') return nameOf(node);
  if (node?.type === 'CallExpression') return `${spelled(node.callee)}(…)`;
  if (node?.type !== 'MemberExpression') return 'an expression';
  const { value } = node.property ?? {};
  const name = typeof value === 'string' || typeof value === 'number' ? value : '…';
  return node.computed === true ? `${spelled(node.object)}[${name}]` : `${spelled(node.object)}.${name}`;
}
