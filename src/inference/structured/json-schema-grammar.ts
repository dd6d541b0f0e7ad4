import { ModelError } from '../model-error.js';
import { integerRange } from './integer-range.js';
import type { JsonSchema, JsonType } from '../../domain/json-schema.js';

/** All digits that a double keeps. */
const LARGEST_INTEGER = 999_999_999_999_999;
/** llama.cpp writes repetitions out one by one. */
const MOST_REPETITIONS = 1000;
const DEEPEST = 64;

const DAYS = {
  to28: '("0" [1-9] | "1" [0-9] | "2" [0-8])',
  to30: '("0" [1-9] | [12] [0-9] | "30")',
  to31: '("0" [1-9] | [12] [0-9] | "3" [01])',
};
const LEAP = '("0" [48] | [2468] [048] | [13579] [26])';
const MONTHS_OF_31 = '("0" [13578] | "10" | "12")';
const MONTHS_OF_30 = '("0" [469] | "11")';

const FORMATS: Readonly<Record<string, string>> = {
  date:
    `([0-9]{4} "-" (${MONTHS_OF_31} "-" ${DAYS.to31} | ${MONTHS_OF_30} "-" ${DAYS.to30} | "02-" ${DAYS.to28})` +
    ` | ([0-9]{2} ${LEAP} | ${LEAP} "00") "-02-29")`,
  time: '([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9] ":" [0-5] [0-9]',
  uuid: `${hex(8)} "-" ${hex(4)} "-4" ${hex(3)} "-" [89ab] ${hex(3)} "-" ${hex(12)}`,
  email: '[a-z0-9] ([a-z0-9_+-]){0,31} ("." [a-z0-9_+-]{1,31}){0,2} "@" [a-z0-9]{1,31} ("." [a-z0-9]{2,15}){1,3}',
};
const DATE_TIME = `${FORMATS.date} "T" ${FORMATS.time} "Z"`;

/** Keywords that say nothing about what may be written. */
const ANNOTATIONS = new Set([
  '$schema',
  '$id',
  'id',
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  '$defs',
]);
/** What goes with each type; anything else cannot be obeyed and is refused. */
const KEYWORDS: Readonly<Record<JsonType, readonly string[]>> = {
  object: ['properties', 'required', 'additionalProperties', 'propertyNames'],
  array: ['items', 'prefixItems', 'minItems', 'maxItems'],
  string: ['minLength', 'maxLength', 'format', 'pattern'],
  integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'format'],
  number: ['minimum', 'maximum', 'format'],
  boolean: [],
  null: [],
};

/**
 * A GBNF grammar of the JSON texts that a schema allows, so that whatever a model writes under it parses. Objects hold the
 * properties in the schema's order and no others, unless `additionalProperties` says so. There may be a space after a comma or a
 * colon, as models like to write; nowhere else, so that no answer drowns in white space.
 *
 * Numbers end at 15 digits: all that is written is valid, not all that is valid can be written.
 *
 * @throws {ModelError} `Model.Unsupported`, naming the place and the keyword.
 */
export function jsonSchemaGrammar(schema: JsonSchema): string {
  return new GrammarWriter(schema).write();
}

class GrammarWriter {
  private readonly rules = new Map<string, string>();
  private readonly references = new Map<string, string>();

  constructor(private readonly root: JsonSchema) {}

  write(): string {
    const root = this.reference('#', '#');
    return [`root ::= ${root}`, ...[...this.rules].map(([name, body]) => `${name} ::= ${body}`)].join('\n');
  }

  private reference(ref: string, path: string): string {
    const known = this.references.get(ref);
    if (known !== undefined) return known;
    const target = this.resolve(ref);
    if (target === undefined) throw refusal(path, `$ref "${ref}" leads nowhere: only "#" and "#/$defs/NAME" do`);
    const name = `ref${this.references.size}`;
    // Known before it is written: that is what lets a schema refer to itself.
    this.references.set(ref, name);
    this.rules.set(name, '""');
    this.rules.set(name, this.value(target, ref, 0));
    return name;
  }

  private resolve(ref: string): JsonSchema | undefined {
    if (ref === '#') return this.root;
    const name = /^#\/\$defs\/([^/]+)$/u.exec(ref)?.[1];
    return name === undefined ? undefined : this.root.$defs?.[decodeURIComponent(name)];
  }

  private value(schema: JsonSchema, path: string, depth: number): string {
    if (depth > DEEPEST) throw refusal(path, `it is nested deeper than ${DEEPEST} levels`);
    if (schema.$ref !== undefined) return this.reference(schema.$ref, path);
    if (schema.const !== undefined) return literal(schema.const);
    if (schema.enum !== undefined) {
      if (schema.enum.length === 0) throw refusal(path, 'its enum is empty, so that no value fits');
      return group(schema.enum.map((value) => literal(value)));
    }
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices !== undefined) {
      const keyword = schema.anyOf === undefined ? 'oneOf' : 'anyOf';
      refuseKeywords(schema, path, [keyword]);
      return group(choices.map((one, index) => this.value(one, `${path}/${keyword}/${index}`, depth + 1)));
    }
    if (schema.type === undefined) {
      refuseKeywords(schema, path, []);
      throw refusal(path, 'it allows anything: say which type');
    }
    const types = typeof schema.type === 'string' ? [schema.type] : schema.type;
    refuseKeywords(schema, path, ['type', ...types.flatMap((type) => KEYWORDS[type] ?? [])]);
    return group(types.map((type) => this.typed(type, schema, path, depth)));
  }

  private typed(type: JsonType, schema: JsonSchema, path: string, depth: number): string {
    switch (type) {
      case 'null':
        return '"null"';
      case 'boolean':
        return '("true" | "false")';
      case 'integer':
        return `(${integer(schema, path)})`;
      case 'number':
        return `(${number(schema, path)})`;
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

  private text({ format, pattern, minLength = 0, maxLength }: JsonSchema, path: string): string {
    if (format !== undefined) {
      const body = format === 'date-time' ? DATE_TIME : FORMATS[format];
      if (body === undefined) {
        const known = [...Object.keys(FORMATS), 'date-time'].join(', ');
        throw refusal(path, `strings of format "${format}" cannot be written for sure; known: ${known}`);
      }
      return quoted(this.named(`format-${format}`, body));
    }
    if (pattern !== undefined) throw refusal(path, 'patterns cannot be obeyed: use an enum, or check after parsing');
    refuseRepetitions(path, 'maxLength', maxLength ?? minLength);
    if (minLength === 0 && maxLength === undefined) return quoted(`${this.named('char', CHARACTER)}*`);
    // Lengths count UTF-16 units, as JavaScript does: where they matter, characters of two are left out.
    return quoted(`${this.named('unit', UNIT)}${times(minLength, maxLength)}`);
  }

  private array(schema: JsonSchema, path: string, depth: number): string {
    const { prefixItems = [], minItems = 0, maxItems } = schema;
    const prefix = prefixItems.map((item, index) => this.value(item, `${path}/prefixItems/${index}`, depth + 1));
    if (prefix.length > 0) {
      const open = typeof schema.items === 'object' || schema.items === true;
      if (open || minItems < prefix.length) throw refusal(path, 'tuples cannot have a rest or optional items');
      return `"[" ${prefix.join(` ${this.comma()} `)} "]"`;
    }
    if (maxItems === 0) return '"[]"';
    if (typeof schema.items !== 'object') throw refusal(path, 'its items may be anything: say which type');
    refuseRepetitions(path, 'maxItems', maxItems ?? minItems);
    if (maxItems !== undefined && maxItems < minItems) throw refusal(path, 'maxItems is less than minItems');
    const item = this.named('item', this.value(schema.items, `${path}/items`, depth + 1));
    const more = `(${this.comma()} ${item})${times(Math.max(0, minItems - 1), maxItems === undefined ? undefined : maxItems - 1)}`;
    return minItems === 0 ? `"[" (${item} ${more})? "]"` : `"[" ${item} ${more} "]"`;
  }

  private object(schema: JsonSchema, path: string, depth: number): string {
    const properties = Object.entries(schema.properties ?? {});
    const absent = (schema.required ?? []).find((name) => !Object.hasOwn(schema.properties ?? {}, name));
    if (absent !== undefined) throw refusal(path, `it requires "${absent}", which is not among its properties`);
    const pairs = properties.map(([name, property]) => ({
      pair: this.named(
        'pair',
        `${literal(name)} ${this.colon()} ${this.value(property, `${path}/properties/${name}`, depth + 1)}`,
      ),
      required: schema.required?.includes(name) ?? false,
    }));
    const extra = this.additional(schema, path, depth);
    return `"{" ${this.members(pairs, extra)} "}"`;
  }

  /** A pair of any key; undefined when there may be none. */
  private additional({ additionalProperties: extra }: JsonSchema, path: string, depth: number): string | undefined {
    if (extra === undefined || extra === false) return undefined;
    if (extra === true) throw refusal(path, 'its additional properties may be anything: say which type');
    const key = quoted(`${this.named('char', CHARACTER)}+`);
    return this.named('pair', `${key} ${this.colon()} ${this.value(extra, `${path}/additionalProperties`, depth + 1)}`);
  }

  /** Pairs in order, each optional one there or not, commas only between two that are. */
  private members(pairs: readonly { pair: string; required: boolean }[], extra: string | undefined): string {
    const tail = extra === undefined ? '' : `(${this.comma()} ${extra})*`;
    // What may follow once a pair is written, from the last to the first.
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

  /** The rule of this body, under a name that begins so. */
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

function hex(count: number): string {
  return `[0-9a-f]{${count}}`;
}

function group(alternatives: readonly string[]): string {
  return alternatives.length === 1 ? (alternatives[0] ?? '') : `(${alternatives.join(' | ')})`;
}

/** JSON of a value, as a literal of GBNF. */
function literal(value: unknown): string {
  return `"${JSON.stringify(value)
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)}"`;
}

function times(least: number, most: number | undefined): string {
  if (most === undefined) return least === 0 ? '*' : `{${least},}`;
  return `{${least},${most}}`;
}

function integer(schema: JsonSchema, path: string): string {
  const low = Math.max(schema.minimum ?? -LARGEST_INTEGER, (schema.exclusiveMinimum ?? -LARGEST_INTEGER - 1) + 1);
  const high = Math.min(schema.maximum ?? LARGEST_INTEGER, (schema.exclusiveMaximum ?? LARGEST_INTEGER + 1) - 1);
  const least = Math.max(-LARGEST_INTEGER, Math.ceil(low));
  const most = Math.min(LARGEST_INTEGER, Math.floor(high));
  if (least > most) throw refusal(path, `no whole number lies between ${low} and ${high}`);
  return integerRange(least, most);
}

function number({ minimum, maximum }: JsonSchema, path: string): string {
  const fraction = '("." [0-9]{1,15})?';
  if (minimum === undefined && maximum === undefined) {
    return `"-"? ("0" | [1-9] [0-9]{0,14}) ${fraction} ([eE] [-+]? [0-9]{1,2})?`;
  }
  if (minimum === undefined || minimum < 0 || !Number.isInteger(minimum) || !Number.isInteger(maximum ?? 0)) {
    throw refusal(path, 'ranges of fractions must go from a whole number that is not negative to another, or to none');
  }
  if (maximum === undefined) return `(${integerRange(minimum, LARGEST_INTEGER)}) ${fraction}`;
  if (maximum < minimum) throw refusal(path, `no number lies between ${minimum} and ${maximum}`);
  const last = `"${maximum}" ("." "0"{1,15})?`;
  return maximum === minimum ? last : `(${integerRange(minimum, maximum - 1)}) ${fraction} | ${last}`;
}

function refuseKeywords(schema: JsonSchema, path: string, allowed: readonly string[]): void {
  const known = new Set([...allowed, ...ANNOTATIONS]);
  const foreign = Object.keys(schema).filter((keyword) => !known.has(keyword));
  if (foreign.length > 0) throw refusal(path, `"${foreign.join('", "')}" cannot be obeyed there`);
}

function refuseRepetitions(path: string, keyword: string, count: number): void {
  if (count > MOST_REPETITIONS) throw refusal(path, `${keyword} is more than ${MOST_REPETITIONS}`);
}

function refusal(path: string, reason: string): ModelError {
  return new ModelError('Model.Unsupported', `The schema cannot be made a grammar: at ${path}, ${reason}.`, {
    details: { path, reason },
  });
}
