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

/** Names with commas between them. */
export function nameList(value: string): string[] {
  return value
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
