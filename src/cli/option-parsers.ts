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

/** The same for fractions. */
export function decimal(least: number, most: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (value.trim() !== '' && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Give a number from ${least} to ${most}.`);
  };
}

/** Names with commas between them; an option that is given again adds its names. For options of commander. */
export function nameList(value: string, before?: unknown): string[] {
  return listOf((name) => name)(value, before);
}

/** The same, each of them parsed. */
export function listOf<T>(parse: (part: string) => T): (value: string, before?: unknown) => T[] {
  return (value, before) => {
    const parts = value
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .map(parse);
    // Before the option is given for the first time, it is missing, or what `--no-…` made of it.
    // eslint-disable-next-line typescript/no-unsafe-type-assertion -- nothing else puts an array there
    return Array.isArray(before) ? [...(before as T[]), ...parts] : parts;
  };
}

/** Texts as they are, one each time that the option is given. */
export function textList(value: string, before?: unknown): string[] {
  // eslint-disable-next-line typescript/no-unsafe-type-assertion -- nothing else puts an array there
  return Array.isArray(before) ? [...(before as string[]), value] : [value];
}
