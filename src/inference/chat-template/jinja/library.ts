import * as jinja from '@huggingface/jinja';

/**
 * Typed access to the parts of @huggingface/jinja 0.5.11 that this folder uses. The package's own declarations import each other without
 * file extensions, which TypeScript does not resolve for ES modules. The package does not export its classes of values; they are taken from
 * values.
 */
export interface JinjaValue {
  readonly type: string;
  readonly value: unknown;
  __bool__(): { readonly value: boolean };
}

export interface TextValue extends JinjaValue {
  readonly value: string;
}
export interface NumberValue extends JinjaValue {
  readonly value: number;
}
export interface BooleanValue extends JinjaValue {
  readonly value: boolean;
}
export interface ListValue extends JinjaValue {
  readonly value: readonly JinjaValue[];
}
/** Keys are strings, or whole numbers if a template wrote them. */
export interface DictValue extends JinjaValue {
  readonly value: ReadonlyMap<string | number, JinjaValue>;
}
export type JinjaFunction = (args: readonly JinjaValue[], scope: Scope) => JinjaValue;
export interface FunctionValue extends JinjaValue {
  readonly value: JinjaFunction;
}

/** The variables of a block; names that it lacks are looked up in its parent. */
export interface Scope {
  readonly variables: Map<string, JinjaValue>;
  readonly parent?: Scope;
  set(name: string, value: unknown): JinjaValue;
  setVariable(name: string, value: JinjaValue): JinjaValue;
  lookupVariable(name: string): JinjaValue;
}

/** A node of a parsed template, with the fields of its type. */
export interface TemplateNode {
  readonly type: string;
  /** A name, a literal or the text of a comment; elements of a tuple; keys and values of a dict. */
  readonly value?:
    string | number | readonly TemplateNode[] | ReadonlyMap<TemplateNode, TemplateNode> | TemplateNode | null;
  /** Only in nodes of type `Evaluated`, which represent a value in expressions built here. */
  readonly evaluated?: JinjaValue;
  readonly body?: TemplateNode[];
  readonly alternate?: TemplateNode[];
  readonly defaultBlock?: TemplateNode[];
  readonly operand?: TemplateNode;
  readonly filter?: TemplateNode;
  readonly test?: TemplateNode;
  readonly negate?: boolean;
  readonly left?: TemplateNode;
  readonly right?: TemplateNode;
  readonly operator?: TemplateToken;
  readonly lhs?: TemplateNode;
  readonly object?: TemplateNode;
  readonly property?: TemplateNode;
  readonly computed?: boolean;
  readonly callee?: TemplateNode;
  readonly args?: readonly TemplateNode[];
  readonly loopvar?: TemplateNode;
  readonly iterable?: TemplateNode;
  readonly name?: TemplateNode;
}

/** The name that an identifier spells; empty for other nodes. */
export function nameOf(node: TemplateNode | undefined): string {
  return node?.type === 'Identifier' && typeof node.value === 'string' ? node.value : '';
}

export interface TemplateToken {
  readonly type: string;
  readonly value: string;
}

interface Library {
  readonly Environment: new (parent?: Scope) => Scope;
  readonly Interpreter: new (scope: Scope) => { evaluate(node: TemplateNode | undefined, scope: Scope): JinjaValue };
  readonly tokenize: (source: string, options: { lstrip_blocks: boolean; trim_blocks: boolean }) => TemplateToken[];
  readonly parse: (tokens: readonly TemplateToken[]) => TemplateNode;
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above: the package's own types do not resolve
export const { Environment, Interpreter, tokenize, parse } = jinja as unknown as Library;

type ValueClass<Value> = new (value?: unknown) => Value;

const scratch = new Environment();

/** Converts a value for templates: numbers without a fraction are integers, objects are dicts. */
export function toValue(value: unknown): JinjaValue {
  scratch.variables.clear();
  return scratch.set('value', value);
}

const classOf = <Value extends JinjaValue>(value: JinjaValue) =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the constructor of a value makes values like it
  value.constructor as ValueClass<Value>;
const Text = classOf<TextValue>(toValue(''));
const Integer = classOf<NumberValue>(toValue(1));
const Float = classOf<NumberValue>(toValue(0.5));
const Bool = classOf<BooleanValue>(toValue(true));
const List = classOf<ListValue>(toValue([]));
const Dict = classOf<DictValue>(toValue({}));
const Callable = classOf<FunctionValue>(toValue(() => undefined));
const Tuple = classOf<ListValue>(new Interpreter(scratch).evaluate({ type: 'TupleLiteral', value: [] }, scratch));

export const NONE = toValue(null);
export const UNDEFINED = toValue(undefined);
export const textOf = (value: string): TextValue => new Text(value);
export const integerOf = (value: number): NumberValue => new Integer(value);
export const floatOf = (value: number): NumberValue => new Float(value);
export const booleanOf = (value: boolean): BooleanValue => new Bool(value);
export const listOf = (value: readonly JinjaValue[]): ListValue => new List([...value]);
export const tupleOf = (value: readonly JinjaValue[]): ListValue => new Tuple([...value]);
export const dictOf = (value: ReadonlyMap<string | number, JinjaValue>): DictValue => new Dict(value);
/**
 * The result of Python's `map`, `select` and similar: it is true even if empty, has no length and no JSON, and is empty once it has been
 * read.
 */
export function generatorOf(elements: readonly JinjaValue[]): JinjaValue {
  return { type: 'GeneratorValue', value: [...elements], __bool__: () => ({ value: true }) };
}

export const functionOf = (value: JinjaFunction): FunctionValue => new Callable(value);

export const isText = (value: JinjaValue | undefined): value is TextValue => value?.type === 'StringValue';
export const isInteger = (value: JinjaValue | undefined): value is NumberValue => value?.type === 'IntegerValue';
export const isFloat = (value: JinjaValue | undefined): value is NumberValue => value?.type === 'FloatValue';
export const isBoolean = (value: JinjaValue | undefined): value is BooleanValue => value?.type === 'BooleanValue';
export const isTuple = (value: JinjaValue | undefined): value is ListValue => value?.type === 'TupleValue';
export const isList = (value: JinjaValue | undefined): value is ListValue =>
  value?.type === 'ArrayValue' || value?.type === 'TupleValue';
export const isDict = (value: JinjaValue | undefined): value is DictValue =>
  value?.type === 'ObjectValue' || value?.type === 'KeywordArgumentsValue';
export const isNamespace = (value: JinjaValue | undefined): value is DictValue => value?.type === 'NamespaceValue';
export const isKeywords = (value: JinjaValue | undefined): value is DictValue =>
  value?.type === 'KeywordArgumentsValue';
const isGenerator = (value: JinjaValue): value is JinjaValue & { readonly value: JinjaValue[] } =>
  value.type === 'GeneratorValue';
export const isFunction = (value: JinjaValue | undefined): value is FunctionValue => value?.type === 'FunctionValue';
export const isNone = (value: JinjaValue | undefined): boolean => value?.type === 'NullValue';
export const isUndefined = (value: JinjaValue | undefined): boolean => value?.type === 'UndefinedValue';
// oxlint-disable-next-line no-underscore-dangle -- the package's own name
export const isTrue = (value: JinjaValue): boolean => value.__bool__().value;

/** A key of a dict as a value. */
export const keyOf = (key: string | number): JinjaValue => (typeof key === 'number' ? integerOf(key) : textOf(key));

/** Python's type name of a value. */
export function typeName(value: JinjaValue): string {
  const names: Readonly<Record<string, string>> = {
    StringValue: 'str',
    IntegerValue: 'int',
    FloatValue: 'float',
    BooleanValue: 'bool',
    ArrayValue: 'list',
    TupleValue: 'tuple',
    ObjectValue: 'dict',
    NullValue: 'NoneType',
    UndefinedValue: 'Undefined',
    FunctionValue: 'function',
    NamespaceValue: 'Namespace',
    GeneratorValue: 'generator',
  };
  return names[value.type] ?? value.type;
}

/** Python's numbers include its booleans; undefined for values that are not numbers. */
export function numberIn(value: JinjaValue | undefined): number | undefined {
  if (isInteger(value) || isFloat(value)) return value.value;
  return isBoolean(value) ? Number(value.value) : undefined;
}

/** The elements that a loop over a value visits: those of a list, the keys of a dict, the characters of a text; none for an undefined value. */
export function elementsOf(value: JinjaValue): readonly JinjaValue[] {
  if (isList(value)) return value.value;
  if (isDict(value)) return [...value.value.keys()].map(keyOf);
  if (isText(value)) return Array.from(value.value, textOf);
  if (isUndefined(value)) return [];
  if (isGenerator(value)) return value.value.splice(0);
  throw new TypeError(`'${typeName(value)}' object is not iterable`);
}

/** Reads the arguments of a call by name; keyword arguments come last, as one value. */
export function readArguments<Name extends string>(
  args: readonly JinjaValue[],
  ...parameters: readonly Name[]
): Partial<Record<Name, JinjaValue>> {
  const last = args.at(-1);
  const keywords = isKeywords(last) ? last : undefined;
  const positional = keywords ? args.slice(0, -1) : args;
  if (positional.length > parameters.length) {
    throw new TypeError(`takes at most ${parameters.length} arguments (${positional.length} given)`);
  }
  const given: Partial<Record<Name, JinjaValue>> = {};
  for (const [index, name] of parameters.entries()) {
    const value = positional[index] ?? keywords?.value.get(name);
    if (value !== undefined) given[name] = value;
  }
  for (const name of keywords?.value.keys() ?? []) {
    if (!parameters.some((parameter) => parameter === name))
      throw new TypeError(`got an unexpected argument '${name}'`);
  }
  return given;
}
