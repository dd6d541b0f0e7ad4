import { faultOfCharacters, format, isRecord, join, named, not } from './schema-faults.js';
import { utf8Length } from './text.js';

/**
 * Schemas of input from outside: of workflows, signals, updates, queries, and activities.
 *
 * They are a few closures instead of a library's classes, because each new workflow evaluates its modules again in the sandbox. A schema is
 * tied to its TypeScript type: `object<Type>` does not compile if it lacks a field of `Type` or has an additional one. Every string
 * anywhere in a value must be well-formed Unicode without NUL; unknown keys are refused.
 */
export interface Schema<T> {
  /**
   * Adds a line for each fault of the value.
   *
   * @param path name of the value in these lines
   */
  check(value: unknown, path: string, faults: string[]): void;
  /** Only used by the compiler. */
  readonly type?: T;
}

/** A field that may be missing. */
export interface OptionalSchema<T> extends Schema<T | undefined> {
  readonly isOptional: true;
}

type Field<T, Key extends keyof T> =
  Pick<T, Key> extends Required<Pick<T, Key>> ? Schema<T[Key]> : OptionalSchema<Exclude<T[Key], undefined>>;

type Fields<T> = { readonly [Key in keyof Required<T>]: Field<T, Key & keyof T> };

/** Maximum number of reported faults; more do not help the reader. */
export const MAX_FAULTS = 8;

/** Every fault of the value, one line each, at most eight; empty if there is none. */
export function faultsOf(schema: Schema<unknown>, value: unknown, path = ''): string[] {
  const faults: string[] = [];
  schema.check(value, path, faults);
  return faults.slice(0, MAX_FAULTS);
}

/** The first fault of the value, or undefined. */
export function faultOf(schema: Schema<unknown>, value: unknown, path = ''): string | undefined {
  return faultsOf(schema, value, path)[0];
}

export function optional<T>(schema: Schema<T>): OptionalSchema<T> {
  return {
    isOptional: true,
    check: (value, path, faults) => {
      if (value !== undefined) schema.check(value, path, faults);
    },
  };
}

export function nullable<T>(schema: Schema<T>): Schema<T | null> {
  return {
    check: (value, path, faults) => {
      if (value !== null) schema.check(value, path, faults);
    },
  };
}

/** An object with these keys and no others. */
export function object<T extends object>(fields: Fields<T>): Schema<T> {
  const entries: [string, Schema<unknown>][] = Object.entries(fields);
  const known = new Map(entries);
  return {
    check(value, path, faults) {
      if (!isRecord(value)) {
        faults.push(`${named(path)} must be an object { ${[...known.keys()].join(', ')} }${not(value)}.`);
        return;
      }
      for (const key of Object.keys(value)) {
        if (known.has(key) || value[key] === undefined) continue;
        const list = [...known.keys()].join(', ');
        faults.push(
          `${named(join(path, key))} is not known. ${path === '' ? 'Known' : `Known in "${path}"`}: ${list}.`,
        );
        if (faults.length >= MAX_FAULTS) return;
      }
      for (const [key, field] of entries) {
        const given = Object.hasOwn(value, key) ? value[key] : undefined;
        if (given === undefined && 'isOptional' in field) continue;
        field.check(given, join(path, key), faults);
      }
    },
  };
}

/** A list with `least` to `most` items. */
export function array<T>(item: Schema<T>, { least = 0, most }: { least?: number; most: number }): Schema<readonly T[]> {
  return {
    check(value, path, faults) {
      if (!Array.isArray(value) || value.length < least || value.length > most) {
        const count = least === 0 ? `at most ${format(most)}` : `${format(least)} to ${format(most)}`;
        const found = Array.isArray(value) ? `, not ${format(value.length)}` : not(value);
        faults.push(`${named(path)} must be a list of ${count}${found}.`);
        return;
      }
      for (const [index, each] of value.entries()) {
        item.check(each, `${path}[${index}]`, faults);
        if (faults.length >= MAX_FAULTS) return;
      }
    },
  };
}

/** An object with arbitrary keys. */
export function record<T>(
  item: Schema<T>,
  { most, maxKeyLength = 200 }: { most: number; maxKeyLength?: number },
): Schema<Readonly<Record<string, T>>> {
  const key = string({ maxLength: maxKeyLength });
  return {
    check(value, path, faults) {
      if (!isRecord(value) || Object.keys(value).length > most) {
        faults.push(`${named(path)} must be an object of at most ${format(most)} keys${not(value)}.`);
        return;
      }
      for (const [name, each] of Object.entries(value)) {
        key.check(name, `a key of ${path}`, faults);
        item.check(each, join(path, name), faults);
        if (faults.length >= MAX_FAULTS) return;
      }
    },
  };
}

export interface TextRules {
  /** In UTF-16 units. Default: 0. */
  readonly minLength?: number;
  readonly maxLength: number;
  /** Refuses line breaks and other control characters; use it for names and ids. */
  readonly oneLine?: boolean;
  /** Refuses blank text. */
  readonly notBlank?: boolean;
}

export function string({ minLength = 0, maxLength, oneLine = false, notBlank = false }: TextRules): Schema<string> {
  return {
    check(value, path, faults) {
      if (typeof value !== 'string' || value.length < minLength || value.length > maxLength) {
        const length =
          minLength === 0 ? `at most ${format(maxLength)}` : `${format(minLength)} to ${format(maxLength)}`;
        const found = typeof value === 'string' ? `, not ${format(value.length)}` : not(value);
        faults.push(`${named(path)} must be a string of ${length} characters${found}.`);
        return;
      }
      const fault = faultOfCharacters(value);
      if (fault !== undefined) faults.push(`${named(path)} ${fault}`);
      else if (oneLine && /\p{Cc}/u.test(value))
        faults.push(`${named(path)} must have no line breaks or control characters${not(value)}.`);
      else if (notBlank && value.trim() === '') faults.push(`${named(path)} is empty. Write something.`);
    },
  };
}

/** A string with a custom rule. `faultOfText` also limits its length, and returns a whole sentence, or undefined if the string is valid. */
export function textBy(faultOfText: (value: string) => string | undefined): Schema<string> {
  return {
    check(value, path, faults) {
      if (typeof value !== 'string') {
        faults.push(`${named(path)} must be a string${not(value)}.`);
        return;
      }
      const fault = faultOfText(value);
      const badCharacters = fault === undefined ? faultOfCharacters(value) : undefined;
      if (fault !== undefined) faults.push(fault);
      else if (badCharacters !== undefined) faults.push(`${named(path)} ${badCharacters}`);
    },
  };
}

/** A point in time, ISO 8601. */
export function timestamp(): Schema<string> {
  return {
    check(value, path, faults) {
      if (
        typeof value === 'string' &&
        value.length <= 40 &&
        /^\d{4}-\d\d/u.test(value) &&
        !Number.isNaN(Date.parse(value))
      )
        return;
      faults.push(`${named(path)} must be a time in ISO 8601, e.g. 2026-01-31T12:00:00Z${not(value)}.`);
    },
  };
}

export interface NumberRules {
  readonly least?: number;
  /** Instead of `least`: the number must be greater than this. */
  readonly above?: number;
  readonly most: number;
  readonly whole?: boolean;
}

export function number({ least, above, most, whole = false }: NumberRules): Schema<number> {
  const isWithin = (value: number): boolean =>
    value <= most &&
    (above === undefined ? value >= (least ?? 0) : value > above) &&
    (!whole || Number.isInteger(value));
  const range = above === undefined ? `from ${format(least ?? 0)} to` : `above ${format(above)} and at most`;
  return {
    check(value, path, faults) {
      if (typeof value === 'number' && isWithin(value)) return;
      faults.push(`${named(path)} must be a ${whole ? 'whole ' : ''}number ${range} ${format(most)}${not(value)}.`);
    },
  };
}

export function boolean(): Schema<boolean> {
  return {
    check(value, path, faults) {
      if (typeof value !== 'boolean') faults.push(`${named(path)} must be true or false${not(value)}.`);
    },
  };
}

export function oneOf<const T extends string>(values: readonly T[]): Schema<T> {
  return {
    check(value, path, faults) {
      if (values.some((known) => known === value)) return;
      faults.push(`${named(path)} must be one of ${values.join(', ')}${not(value)}.`);
    },
  };
}

/** The same schema with a maximum size as JSON, in bytes. */
export function bounded<T>(schema: Schema<T>, maxBytes: number): Schema<T> {
  return {
    check(value, path, faults) {
      const before = faults.length;
      schema.check(value, path, faults);
      if (faults.length > before || value === undefined) return;
      const bytes = utf8Length(JSON.stringify(value));
      if (bytes > maxBytes)
        faults.push(
          `${path === '' ? 'The request' : named(path)} has ${format(bytes)} bytes; the maximum is ${format(maxBytes)}.`,
        );
    },
  };
}

/** The same schema with a rule for the value as a whole, which is checked if all its parts are valid. */
export function refined<T>(schema: Schema<T>, faultsOfWhole: (value: T) => readonly string[]): Schema<T> {
  return {
    check(value, path, faults) {
      const before = faults.length;
      schema.check(value, path, faults);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- The schema has just said that it is one.
      if (faults.length === before) faults.push(...faultsOfWhole(value as T));
    },
  };
}

/** No argument. Clients of some languages send it as null or as an empty object. */
export function nothing(): Schema<undefined> {
  return {
    check(value, path, faults) {
      if (value === undefined || value === null || (isRecord(value) && Object.keys(value).length === 0)) return;
      faults.push(`${path === '' ? 'It' : named(path)} takes no argument${not(value)}.`);
    },
  };
}
