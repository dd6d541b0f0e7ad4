import { z } from 'zod';

/** The texts that can be generated for a format: all of one length, or of lengths that cannot be chosen. */
export interface StringFormat {
  /** The JSON Schema format of all these texts. */
  readonly kind: string;
  /** A part of a GBNF rule, without quotes. */
  readonly grammar: string;
  /** Number of characters of each text; undefined if it varies. */
  readonly length?: number;
}

const DAYS = {
  to28: '("0" [1-9] | "1" [0-9] | "2" [0-8])',
  to30: '("0" [1-9] | [12] [0-9] | "30")',
  to31: '("0" [1-9] | [12] [0-9] | "3" [01])',
};
const LEAP = '("0" [48] | [2468] [048] | [13579] [26])';
const MONTHS_OF_31 = '("0" [13578] | "10" | "12")';
const MONTHS_OF_30 = '("0" [469] | "11")';
const DATE =
  `([0-9]{4} "-" (${MONTHS_OF_31} "-" ${DAYS.to31} | ${MONTHS_OF_30} "-" ${DAYS.to30} | "02-" ${DAYS.to28})` +
  ` | ([0-9]{2} ${LEAP} | ${LEAP} "00") "-02-29")`;
const MINUTES = '([01] [0-9] | "2" [0-3]) ":" [0-5] [0-9]';
const SECONDS = `${MINUTES} ":" [0-5] [0-9]`;
const EMAIL =
  '[a-z0-9] [a-z0-9_+-]{0,31} ("." [a-z0-9_+-]{1,31}){0,2} "@" [a-z0-9]{1,31} ("." [a-z0-9]{1,15}){0,2} "." [a-z]{2,15}';

/** Formats of JSON Schema. source: JSON Schema 2020-12, "Validation", section 7.3; its times include a zone (RFC 3339, `full-time`) */
const FORMATS: Readonly<Record<string, StringFormat>> = {
  date: { kind: 'date', grammar: DATE, length: 10 },
  time: { kind: 'time', grammar: `${SECONDS} "Z"`, length: 9 },
  'date-time': dateTime(0),
  uuid: uuid('4'),
  email: { kind: 'email', grammar: EMAIL },
};

/** A time without a zone, which is a time in zod but not in JSON Schema. */
const LOCAL_TIME = 'local-time';

/** Numbers of digits for fractions of seconds in zod's schemas that are in use. */
const PRECISIONS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const UUID_VERSIONS = ['v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7', 'v8'] as const;

/** Names of the formats that can be generated. */
export const KNOWN_FORMATS: readonly string[] = Object.keys(FORMATS);

/** The texts that can be generated for a format; undefined if it is unknown. */
export function stringFormat(format: string): StringFormat | undefined {
  return Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
}

/**
 * The texts that can be generated for a pattern of zod's own formats; each of them matches the pattern. Undefined for any other pattern.
 */
export function patternFormat(pattern: string): StringFormat | undefined {
  patterns ??= new Map(knownSchemas().map(([schema, format]) => [patternOf(schema), format]));
  return patterns.get(pattern);
}

let patterns: Map<string, StringFormat> | undefined;

function knownSchemas(): [z.ZodType, StringFormat][] {
  return [
    [z.iso.date(), { kind: 'date', grammar: DATE, length: 10 }],
    [z.iso.time(), { kind: LOCAL_TIME, grammar: SECONDS, length: 8 }],
    [z.iso.time({ precision: -1 }), { kind: LOCAL_TIME, grammar: MINUTES, length: 5 }],
    ...PRECISIONS.map((precision): [z.ZodType, StringFormat] => [
      z.iso.time({ precision }),
      { kind: LOCAL_TIME, grammar: `${SECONDS}${fraction(precision)}`, length: 8 + fractionLength(precision) },
    ]),
    ...[{}, { offset: true }, { local: true }, { offset: true, local: true }].flatMap(
      (zone): [z.ZodType, StringFormat][] => [
        [z.iso.datetime(zone), dateTime(0)],
        [
          z.iso.datetime({ ...zone, precision: -1 }),
          { kind: 'minute', grammar: `${DATE} "T" ${MINUTES} "Z"`, length: 17 },
        ],
        ...PRECISIONS.map((precision): [z.ZodType, StringFormat] => [
          z.iso.datetime({ ...zone, precision }),
          dateTime(precision),
        ]),
      ],
    ),
    [z.uuid(), uuid('4')],
    [z.guid(), uuid('4')],
    ...UUID_VERSIONS.map((version): [z.ZodType, StringFormat] => [z.uuid({ version }), uuid(version.slice(1))]),
    [z.email(), { kind: 'email', grammar: EMAIL }],
  ];
}

function patternOf(schema: z.ZodType): string {
  return z.toJSONSchema(schema).pattern ?? '';
}

function dateTime(precision: number): StringFormat {
  return {
    kind: 'date-time',
    grammar: `${DATE} "T" ${SECONDS}${fraction(precision)} "Z"`,
    length: 20 + fractionLength(precision),
  };
}

function fraction(precision: number): string {
  return precision === 0 ? '' : ` "." [0-9]{${precision}}`;
}

function fractionLength(precision: number): number {
  return precision === 0 ? 0 : precision + 1;
}

function uuid(version: string): StringFormat {
  return {
    kind: 'uuid',
    grammar: `${hex(8)} "-" ${hex(4)} "-${version}" ${hex(3)} "-" [89ab] ${hex(3)} "-" ${hex(12)}`,
    length: 36,
  };
}

function hex(count: number): string {
  return `[0-9a-f]{${count}}`;
}
