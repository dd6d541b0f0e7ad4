import {
  isBoolean,
  isDict,
  isFloat,
  isInteger,
  isList,
  isNamespace,
  isNone,
  isText,
  isTuple,
  isUndefined,
  typeName,
  type JinjaValue,
} from './library.js';

/**
 * The result of Python's `str`, which is what a template prints. @huggingface/jinja prints dicts and lists as JSON, `true` for `True` and
 * nothing for `None`, but templates were written for Python's output.
 */
export function pythonText(value: JinjaValue): string {
  if (isText(value)) return value.value;
  return isUndefined(value) ? '' : pythonRepr(value);
}

/** The result of Python's `repr`. */
export function pythonRepr(value: JinjaValue): string {
  if (isText(value)) return quoted(value.value);
  if (isNone(value)) return 'None';
  if (isUndefined(value)) return 'Undefined';
  if (isBoolean(value)) return value.value ? 'True' : 'False';
  if (isInteger(value)) return String(value.value);
  if (isFloat(value)) return pythonFloat(value.value);
  if (isTuple(value)) return `(${value.value.map(pythonRepr).join(', ')}${value.value.length === 1 ? ',' : ''})`;
  if (isList(value)) return `[${value.value.map(pythonRepr).join(', ')}]`;
  if (isDict(value)) return dictRepr(value.value);
  if (isNamespace(value)) return `<Namespace ${dictRepr(value.value)}>`;
  throw new TypeError(`a ${typeName(value)} cannot be printed`);
}

function dictRepr(entries: ReadonlyMap<string | number, JinjaValue>): string {
  const shown = [...entries].map(
    ([key, value]) => `${typeof key === 'number' ? key : quoted(key)}: ${pythonRepr(value)}`,
  );
  return `{${shown.join(', ')}}`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  // Characters that Python considers not printable: controls, separators except the space, and code points without a character.
  const inside = text.replace(/[\\\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu, (character) => {
    const known = ESCAPES[character];
    if (known !== undefined) return known;
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return `${quote}${quote === "'" ? inside.replaceAll("'", "\\'") : inside}${quote}`;
}

/** Python's shortest representation of a float, with an exponent of at least two digits from 1e16 up and below 1e-4. */
function pythonFloat(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e16 || size < 1e-4)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  if (Object.is(value, -0)) return '-0.0';
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

export interface JsonOptions {
  readonly ensureAscii: boolean;
  /** Indentation of one level; if undefined, everything is on one line. */
  readonly indent: string | undefined;
  /** Separators between elements, and between a key and its value. */
  readonly separators: readonly [string, string] | undefined;
  readonly sortKeys: boolean;
}

/** The result of Python's `json.dumps`. @throws {TypeError} for values without JSON, such as undefined ones. */
export function pythonJson(value: JinjaValue, options: JsonOptions, depth = 0): string {
  const { indent, ensureAscii } = options;
  const [between, colon] = options.separators ?? [indent === undefined ? ', ' : ',', ': '];
  const wrapped = (open: string, parts: readonly string[], close: string): string => {
    if (indent === undefined || parts.length === 0) return `${open}${parts.join(between)}${close}`;
    const line = `\n${indent.repeat(depth + 1)}`;
    return `${open}${line}${parts.join(`${between}${line}`)}\n${indent.repeat(depth)}${close}`;
  };
  if (isText(value)) return jsonText(value.value, ensureAscii);
  if (isNone(value)) return 'null';
  if (isBoolean(value)) return String(value.value);
  if (isInteger(value)) return String(value.value);
  if (isFloat(value)) return pythonFloat(value.value);
  if (isList(value)) {
    return wrapped(
      '[',
      value.value.map((element) => pythonJson(element, options, depth + 1)),
      ']',
    );
  }
  if (isDict(value)) {
    const entries = [...value.value].map(([key, each]) => [String(key), each] as const);
    const sorted = options.sortKeys ? entries.toSorted(([a], [b]) => (a < b ? -1 : 1)) : entries;
    const parts = sorted.map(
      ([key, each]) => `${jsonText(key, ensureAscii)}${colon}${pythonJson(each, options, depth + 1)}`,
    );
    return wrapped('{', parts, '}');
  }
  throw new TypeError(`Object of type ${typeName(value)} is not JSON serializable`);
}

function jsonText(text: string, ensureAscii: boolean): string {
  const json = JSON.stringify(text);
  if (!ensureAscii) return json;
  return json.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
