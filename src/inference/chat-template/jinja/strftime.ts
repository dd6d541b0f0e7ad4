const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');
const two = (value: number): string => String(value).padStart(2, '0');

const DIRECTIVES: Readonly<Record<string, (at: Date) => string>> = {
  Y: (at) => String(at.getFullYear()),
  y: (at) => two(at.getFullYear() % 100),
  m: (at) => two(at.getMonth() + 1),
  d: (at) => two(at.getDate()),
  e: (at) => String(at.getDate()).padStart(2, ' '),
  B: (at) => MONTHS[at.getMonth()] ?? '',
  b: (at) => (MONTHS[at.getMonth()] ?? '').slice(0, 3),
  A: (at) => DAYS[at.getDay()] ?? '',
  a: (at) => (DAYS[at.getDay()] ?? '').slice(0, 3),
  H: (at) => two(at.getHours()),
  I: (at) => two(at.getHours() % 12 || 12),
  M: (at) => two(at.getMinutes()),
  S: (at) => two(at.getSeconds()),
  p: (at) => (at.getHours() < 12 ? 'AM' : 'PM'),
  '%': () => '%',
};

/**
 * Python's `strftime` in its C locale, in local time. @huggingface/jinja writes months in the machine's language, leaves unknown directives
 * unchanged, and uses the time of the call.
 *
 * @throws {RangeError} for a directive other than those of dates and times of day.
 */
export function strftime(at: Date, format: string): string {
  return format.replace(/%(-?)(.)/gsu, (_all, unpadded: string, directive: string) => {
    const written = DIRECTIVES[directive]?.(at);
    if (written === undefined) throw new RangeError(`strftime_now has no directive %${directive}`);
    return unpadded === '' ? written : written.replace(/^[0 ](?=.)/, '');
  });
}
