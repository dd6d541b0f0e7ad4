import { InvalidArgumentError } from 'commander';

/** For options of commander: a whole number within bounds, or a message that names them. */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): (value: string) => number {
  const bounds = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  return (value) => {
    const number = Number(value);
    if (value.trim() !== '' && Number.isSafeInteger(number) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Give a whole number ${bounds}.`);
  };
}

/** Like `wholeNumber`, for fractions. */
export function decimal(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (value.trim() !== '' && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Give a number from ${least} to ${most}.`);
  };
}

/** Parses names separated by commas; a repeated option adds its names. For options of commander. */
export function nameList(value: string, before?: unknown): string[] {
  return listOf((name) => name)(value, before);
}

/** Like `nameList`, with a parser for each name. */
export function listOf<T>(parse: (part: string) => T): (value: string, before?: unknown) => T[] {
  return (value, before) => {
    const parts = value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map(parse);
    // Before its first use, the option is missing, or has the value that `--no-…` gave it.
    // eslint-disable-next-line typescript/no-unsafe-type-assertion -- nothing else puts an array there
    return Array.isArray(before) ? [...(before as T[]), ...parts] : parts;
  };
}

/** Collects texts unchanged, one for each time the option is given. */
export function textList(value: string, before?: unknown): string[] {
  // eslint-disable-next-line typescript/no-unsafe-type-assertion -- nothing else puts an array there
  return Array.isArray(before) ? [...(before as string[]), value] : [value];
}
