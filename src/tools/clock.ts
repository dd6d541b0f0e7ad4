import { z } from 'zod';
import { defineTool, type Tool } from './tool.js';
import { ToolError } from './tool-error.js';

/** Tells the time. Tests provide `now`. */
export function createClock(now: () => Date = () => new Date()): Tool {
  return defineTool({
    name: 'clock',
    description: "Tells today's date and the time of day, in any time zone.",
    parameters: z.object({
      timeZone: z.string().min(1).max(40).optional().describe('e.g. Europe/Paris, or a city; UTC when left away'),
    }),
    examples: [
      { message: "What is today's date?", arguments: {} },
      { message: 'What time is it in Tokyo?', arguments: { timeZone: 'Asia/Tokyo' } },
    ],
    timeoutMs: 1_000,
    maxAttempts: 1,
    run({ timeZone = 'UTC' }) {
      const zone = findZone(timeZone);
      if (zone === undefined) {
        throw new ToolError(
          'Tool.InvalidArguments',
          `There is no time zone ${JSON.stringify(timeZone)}. Name one as Europe/Paris, Asia/Shanghai or UTC.`,
        );
      }
      return timeText(now(), zone);
    },
  });
}

export const clock = createClock();

/** Finds a time zone by its IANA name, or by the city at the end of that name. */
function findZone(name: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    const city = `/${name.trim().toLowerCase().replaceAll(/\s+/gu, '_')}`;
    return Intl.supportedValuesOf('timeZone').find((zone) => zone.toLowerCase().endsWith(city));
  }
}

function timeText(date: Date, timeZone: string): string {
  const words = new Intl.DateTimeFormat('en-GB', { timeZone, dateStyle: 'full', timeStyle: 'medium' }).format(date);
  return `${words}, time zone ${timeZone}. ISO 8601: ${isoText(date, timeZone)}`;
}

function isoText(date: Date, timeZone: string): string {
  const { year, month, day, hour, minute, second, timeZoneName } = partsOf(date, timeZone);
  // "GMT+05:30"; some versions of ICU write only "GMT" for a zero offset.
  const offset = timeZoneName.replace('GMT', '') || '+00:00';
  return `${year.padStart(4, '0')}-${month}-${day}T${hour}:${minute}:${second}${offset}`;
}

function partsOf(date: Date, timeZone: string) {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'longOffset',
  });
  const parts = new Map(format.formatToParts(date).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  return {
    year: part('year'),
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
    timeZoneName: part('timeZoneName'),
  };
}
