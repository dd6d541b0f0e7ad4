/**
 * One file over 300 lines, because it is a single recursive descent: the rules of objects, arrays, strings, choices and references call
 * each other and share one table of rules. The parts without recursion (numbers, listed values, formats, other keys) are in the files
 * beside it.
 */
import { areDisjoint } from './disjoint-schemas.js';
import { integerGrammar, numberGrammar, refuseNumbers } from './number-grammar.js';
import { group, listedValues, literal } from './listed-values.js';
import { otherKeys } from './other-keys.js';
import { ANNOTATIONS, pointerStep, refuseKeywords, schemaRefusal as refusal } from './schema-refusal.js';
import { KNOWN_FORMATS, patternFormat, stringFormat } from './string-formats.js';
import type { JsonSchema, JsonType } from '../../domain/json-schema.js';

/** Limited because llama.cpp expands repetitions. */
const MOST_REPETITIONS = 1000;
const DEEPEST = 64;

/** Keywords that are supported for each type; the schema is refused if it contains any other. */
const KEYWORDS: Readonly<Record<string, readonly string[]>> = {
  object: ['properties', 'required', 'additionalProperties', 'propertyNames'],
  array: ['items', 'prefixItems', 'minItems', 'maxItems'],
  string: ['minLength', 'maxLength', 'format', 'pattern'],
  integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  number: ['minimum', 'maximum'],
  boolean: [],
  null: [],
};

/**
 * A GBNF grammar of the JSON texts that a schema allows, so that everything a model writes under it parses. Objects contain the properties
 * in the schema's order and no others, unless `additionalProperties` allows them. A space may follow a comma or a colon, as models like to
 * write it; nowhere else, so that an answer cannot consist of endless white space.
 *
 * Everything that can be written is valid, but not every valid text can be written: numbers have at most 15 digits, each format has one
 * spelling, and additional keys contain no escapes.
 *
 * @throws {ModelError} `Model.Unsupported`, naming the place and the keyword.
 */
export function jsonSchemaGrammar(schema: JsonSchema): string {
  return new GrammarWriter(schema).write();
}

class GrammarWriter {
  private readonly rules = new Map<string, string>();
  private readonly references = new Map<string, string>();
  /** References whose rules have been started but contain nothing yet. */
  private readonly unbegun = new Set<string>();

  constructor(private readonly root: JsonSchema) {}

  write(): string {
    const root = this.reference('#', '#');
    return [`root ::= ${root}`, ...[...this.rules].map(([name, body]) => `${name} ::= ${body}`)].join('\n');
  }

  private reference(ref: string, path: string): string {
    const known = this.references.get(ref);
    if (known !== undefined) {
      if (this.unbegun.has(ref)) throw refusal(path, `it refers to "${ref}", which is nothing but itself`);
      return known;
    }
    const target = this.resolve(ref);
    if (target === undefined) throw refusal(path, `$ref "${ref}" leads nowhere: only "#" and "#/$defs/NAME" do`);
    const name = `ref${this.references.size}`;
    // Registered before its rule is written, so that a schema can refer to itself.
    this.references.set(ref, name);
    this.rules.set(name, '""');
    this.unbegun.add(ref);
    this.rules.set(name, this.value(target, ref, 0));
    this.unbegun.delete(ref);
    return name;
  }

  private resolve(ref: string): JsonSchema | undefined {
    if (ref === '#') return this.root;
    const step = /^#\/\$defs\/([^/]+)$/u.exec(ref)?.[1];
    const name = step === undefined ? undefined : nameOfStep(step);
    const { $defs = {} } = this.root;
    return name !== undefined && Object.hasOwn($defs, name) ? $defs[name] : undefined;
  }

  private value(schema: JsonSchema, path: string, depth: number): string {
    if (depth > DEEPEST) throw refusal(path, `it is nested deeper than ${DEEPEST} levels`);
    if (typeof schema !== 'object') throw refusal(path, `it is ${JSON.stringify(schema)}: say which type`);
    if (schema.$ref !== undefined) {
      refuseKeywords(schema, path, ['$ref']);
      return this.reference(schema.$ref, path);
    }
    if (schema.const !== undefined || schema.enum !== undefined) return listedValues(schema, path);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices !== undefined) return this.choice(schema, choices, path, depth);
    if (schema.type === undefined) {
      refuseKeywords(schema, path, []);
      throw refusal(path, 'it allows anything: say which type');
    }
    const types = typeof schema.type === 'string' ? [schema.type] : schema.type;
    if (types.length === 0) throw refusal(path, 'its list of types is empty, so that no value fits');
    refuseKeywords(schema, path, ['type', ...types.flatMap((type) => keywordsOf(type))]);
    refuseNumbers(schema, path);
    const unbegun = [...this.unbegun];
    this.unbegun.clear();
    const alternatives = types.map((type) => this.typed(type, schema, path, depth));
    for (const ref of unbegun) this.unbegun.add(ref);
    return group(alternatives);
  }

  private choice(schema: JsonSchema, choices: readonly JsonSchema[], path: string, depth: number): string {
    const keyword = schema.anyOf === undefined ? 'oneOf' : 'anyOf';
    refuseKeywords(schema, path, [keyword]);
    if (choices.length === 0) throw refusal(path, `its ${keyword} is empty, so that no value fits`);
    if (keyword === 'oneOf') this.refuseOverlaps(choices, path);
    return group(choices.map((one, index) => this.value(one, `${path}/${keyword}/${index}`, depth + 1)));
  }

  /** Refuses overlapping schemas: `oneOf` excludes values that fit two of them, and no grammar can exclude such values. */
  private refuseOverlaps(choices: readonly JsonSchema[], path: string): void {
    for (const [index, one] of choices.entries()) {
      const other = choices.findIndex(
        (later, at) => at > index && !areDisjoint(one, later, (ref) => this.resolve(ref)),
      );
      if (other < 0) continue;
      throw refusal(
        path,
        `a value may fit both oneOf/${index} and oneOf/${other}: use anyOf, or a property that tells them apart`,
      );
    }
  }

  private typed(type: JsonType, schema: JsonSchema, path: string, depth: number): string {
    switch (type) {
      case 'null':
        return '"null"';
      case 'boolean':
        return '("true" | "false")';
      case 'integer':
        return `(${integerGrammar(schema, path)})`;
      case 'number':
        return `(${numberGrammar(schema, path)})`;
      case 'string':
        return this.text(schema, path);
      case 'array':
        return this.array(schema, path, depth);
      case 'object':
        return this.object(schema, path, depth);
      default:
        throw refusal(path, `there is no type "${String(type)}"`);
    }
  }

  private text(schema: JsonSchema, path: string): string {
    const { format, pattern, minLength = 0, maxLength } = schema;
    if (maxLength !== undefined && maxLength < minLength) throw refusal(path, 'maxLength is less than minLength');
    if (format !== undefined || pattern !== undefined) return quoted(this.formatted(schema, path));
    refuseRepetitions(path, 'maxLength', maxLength ?? minLength);
    if (minLength === 0 && maxLength === undefined) return quoted(`${this.named('char', CHARACTER)}*`);
    // Lengths count UTF-16 units, as in JavaScript. Where they matter, characters of two units are excluded.
    return quoted(`${this.named('unit', UNIT)}${times(minLength, maxLength)}`);
  }

  /** The rule of a format, or of a pattern that stands for one: zod gives both, and the text must satisfy both. */
  private formatted({ format, pattern, minLength, maxLength }: JsonSchema, path: string): string {
    const byFormat = format === undefined ? undefined : stringFormat(format);
    if (format !== undefined && byFormat === undefined) {
      throw refusal(
        path,
        `strings of format "${format}" cannot be written for sure; known: ${KNOWN_FORMATS.join(', ')}`,
      );
    }
    const found = pattern === undefined ? byFormat : patternFormat(pattern);
    if (found === undefined) throw refusal(path, 'patterns cannot be obeyed: use an enum, or check after parsing');
    if (byFormat !== undefined && found.kind !== byFormat.kind) {
      throw refusal(path, `the format "${format}" and the pattern of another cannot both be obeyed`);
    }
    const { grammar, length } = found;
    const fits = length !== undefined && length >= (minLength ?? 0) && length <= (maxLength ?? length);
    if (!fits && (minLength !== undefined || maxLength !== undefined)) {
      const keyword = minLength === undefined ? 'maxLength' : 'minLength';
      throw refusal(
        path,
        `"${keyword}" cannot be obeyed beside the format: ${length === undefined ? 'its texts differ in length' : `its texts have ${length} characters`}`,
      );
    }
    return this.named(`format-${found.kind}-`, grammar);
  }

  private array(schema: JsonSchema, path: string, depth: number): string {
    const { prefixItems = [], minItems = 0, maxItems } = schema;
    if (maxItems !== undefined && maxItems < minItems) throw refusal(path, 'maxItems is less than minItems');
    if (prefixItems.length > 0) return this.tuple(schema, prefixItems, path, depth);
    if (maxItems === 0) return '"[]"';
    if (typeof schema.items !== 'object') throw refusal(path, 'its items may be anything: say which type');
    refuseRepetitions(path, 'maxItems', maxItems ?? minItems);
    const item = this.named('item', this.value(schema.items, `${path}/items`, depth + 1));
    const more = `(${this.comma()} ${item})${times(Math.max(0, minItems - 1), maxItems === undefined ? undefined : maxItems - 1)}`;
    return minItems === 0 ? `"[" (${item} ${more})? "]"` : `"[" ${item} ${more} "]"`;
  }

  /** A tuple with each item of its own schema; it cannot have more or fewer items. */
  private tuple(schema: JsonSchema, prefixItems: readonly JsonSchema[], path: string, depth: number): string {
    const { minItems = 0, maxItems = prefixItems.length } = schema;
    if (typeof schema.items === 'object') throw refusal(path, 'tuples cannot have a rest');
    if (minItems > prefixItems.length || maxItems < prefixItems.length) {
      throw refusal(path, `a tuple of ${prefixItems.length} items cannot have fewer or more`);
    }
    const items = prefixItems.map((item, index) => this.value(item, `${path}/prefixItems/${index}`, depth + 1));
    return `"[" ${items.join(` ${this.comma()} `)} "]"`;
  }

  private object(schema: JsonSchema, path: string, depth: number): string {
    const properties = Object.entries(schema.properties ?? {});
    const names = properties.map(([name]) => name);
    const keys = this.keys(schema, names, path, depth);
    const absent = (schema.required ?? []).find((name) => !names.includes(name));
    if (absent !== undefined) throw refusal(path, `it requires "${absent}", which is not among its properties`);
    const pairs = properties.map(([name, property]) => ({
      pair: this.named(
        'pair',
        `${literal(name)} ${this.colon()} ${this.value(property, `${path}/properties/${pointerStep(name)}`, depth + 1)}`,
      ),
      required: schema.required?.includes(name) ?? false,
    }));
    const extra = this.additional(schema, keys, path, depth);
    return `"{" ${this.members(pairs, extra)} "}"`;
  }

  /** Allowed additional keys. They exclude the named ones, because otherwise the value of one would replace that of the other. */
  private keys(schema: JsonSchema, names: readonly string[], path: string, depth: number): string {
    const { propertyNames } = schema;
    const rule = propertyNames === undefined ? {} : propertyNames;
    const place = `${path}/propertyNames`;
    if (typeof rule !== 'object') throw refusal(place, `it is ${JSON.stringify(rule)}: say which names`);
    const { type = 'string', ...rest } = rule;
    const isFree = type === 'string' && Object.keys(rest).every((keyword) => ANNOTATIONS.has(keyword));
    if (isFree) return quoted(`(${otherKeys(names)})`);
    if (names.length > 0) throw refusal(place, 'rules for names cannot be obeyed beside named properties');
    if (type !== 'string') throw refusal(place, 'names are strings');
    return this.value({ ...rule, type }, place, depth + 1);
  }

  /** A pair with any other key; undefined if none is allowed. */
  private additional(
    { additionalProperties: extra }: JsonSchema,
    keys: string,
    path: string,
    depth: number,
  ): string | undefined {
    if (extra === undefined || extra === false) return undefined;
    if (extra === true) throw refusal(path, 'its additional properties may be anything: say which type');
    const value = this.value(extra, `${path}/additionalProperties`, depth + 1);
    return this.named('pair', `${this.named('key', keys)} ${this.colon()} ${value}`);
  }

  /** Pairs in order: each optional one may be absent, and commas only stand between present ones. */
  private members(pairs: readonly { pair: string; required: boolean }[], extra: string | undefined): string {
    const tail = extra === undefined ? '' : `(${this.comma()} ${extra})*`;
    // The possible continuations after each pair, from the last to the first.
    const following = pairs.reduceRight<string[]>(
      (rest, { pair, required }) => {
        const next = this.named('more', `${this.comma()} ${pair} ${rest[0] ?? ''}`.trim());
        return [
          required ? next : this.named('more', `${next} | ${rest[0] === '' ? '""' : (rest[0] ?? '""')}`),
          ...rest,
        ];
      },
      [tail === '' ? '' : this.named('more', tail)],
    );
    const firstRequired = pairs.findIndex(({ required }) => required);
    const starts = (firstRequired < 0 ? pairs : pairs.slice(0, firstRequired + 1)).map(({ pair }, index) =>
      `${pair} ${following[index + 1] ?? ''}`.trim(),
    );
    if (firstRequired >= 0) return group(starts);
    const alone = extra === undefined ? [] : [`${extra} ${tail}`];
    return starts.length + alone.length === 0 ? '' : `(${[...starts, ...alone].join(' | ')})?`;
  }

  private comma(): string {
    return this.named('comma', '"," " "?');
  }

  private colon(): string {
    return this.named('colon', '":" " "?');
  }

  /** Returns the rule for this body, and creates one under a name that begins with `kind` if necessary. */
  private named(kind: string, body: string): string {
    for (let index = 0; ; index++) {
      const name = `${kind}${index}`;
      const taken = this.rules.get(name);
      if (taken === undefined) this.rules.set(name, body);
      if (taken === undefined || taken === body) return name;
    }
  }
}

const CHARACTER = String.raw`[^"\\\x00-\x1F\x7F] | "\\" ["\\/bfnrt]`;
const UNIT = String.raw`[^"\\\x00-\x1F\x7F\U00010000-\U0010FFFF] | "\\" ["\\/bfnrt]`;

function quoted(body: string): string {
  return String.raw`"\"" ${body} "\""`;
}

/** The name that a step of a JSON pointer in a fragment represents; undefined if it is malformed. */
function nameOfStep(step: string): string | undefined {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return undefined;
  }
}

function times(least: number, most: number | undefined): string {
  if (most === undefined) return least === 0 ? '*' : `{${least},}`;
  return `{${least},${most}}`;
}

/** Keywords of a type; user input may name a type that does not exist. */
function keywordsOf(type: string): readonly string[] {
  return Object.hasOwn(KEYWORDS, type) ? (KEYWORDS[type] ?? []) : [];
}

function refuseRepetitions(path: string, keyword: string, count: number): void {
  if (count > MOST_REPETITIONS) throw refusal(path, `${keyword} is more than ${MOST_REPETITIONS}`);
}
