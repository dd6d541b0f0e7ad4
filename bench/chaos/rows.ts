import { benchRow } from '../bench-row.js';
import type { BenchRow } from '../bench-row.js';
import type { ChaosResult } from './run-chaos.js';

export function killsOf({ kills }: ChaosResult): number {
  return Object.values(kills).reduce((sum, count) => sum + count, 0);
}

/** The longest time in which a turn that somebody waits for may come no further, in seconds. */
const LONGEST_WITHOUT_PROGRESS_S = 60;

/** Whether everything that may never happen did not happen. */
export function isWhole({ verdict, hung }: ChaosResult): boolean {
  const { lost, duplicated, outOfOrder, failed, streamedDiffers, shownDiffers, leftRunning, longestStall } = verdict;
  const faults = lost + duplicated + outOfOrder + failed + streamedDiffers + shownDiffers + leftRunning + hung.length;
  return faults === 0 && longestStall.ms <= LONGEST_WITHOUT_PROGRESS_S * 1_000;
}

function none(what: string, value: number): BenchRow {
  return benchRow({ id: 'chaos', what, value, unit: 'turns' }, { of: 'value', atMost: 0 });
}

export function chaosRows(result: ChaosResult, minutes: number): BenchRow[] {
  const { verdict } = result;
  return [
    benchRow(
      { id: 'chaos', what: `SIGKILLs in ${minutes} min`, value: killsOf(result), unit: 'kills' },
      { of: 'value', atLeast: 6 * minutes },
    ),
    none('messages lost', verdict.lost),
    none('messages answered twice', verdict.duplicated),
    none('messages out of order', verdict.outOfOrder),
    none('turns failed', verdict.failed),
    none('streamed text (by offset) that differs from the stored one', verdict.streamedDiffers),
    none('text shown by `onText` that differs from the stored one', verdict.shownDiffers),
    none('activities or turns left running', verdict.leftRunning),
    benchRow(
      {
        id: 'chaos',
        what: 'longest time without progress of a turn',
        value: verdict.longestStall.ms / 1_000,
        unit: 's',
      },
      { of: 'value', atMost: LONGEST_WITHOUT_PROGRESS_S },
    ),
    benchRow(
      { id: 'chaos', what: 'steps of the run that hung', value: result.hung.length, unit: 'steps' },
      { of: 'value', atMost: 0 },
    ),
    benchRow(
      {
        id: 'chaos',
        what: 'text generated twice, of all',
        value: verdict.characters === 0 ? 0 : (100 * verdict.charactersTwice) / verdict.characters,
        unit: '%',
      },
      { of: 'value', atMost: 2 },
    ),
    ...Object.entries(result.kills).map(([kind, count]) =>
      benchRow({ id: '-', what: `killed: ${kind}`, value: count, unit: 'kills' }),
    ),
    benchRow({ id: '-', what: 'turns answered', value: verdict.turns, unit: 'turns' }),
    benchRow({ id: '-', what: 'messages sent twice by one id', value: verdict.sentTwice, unit: 'turns' }),
    benchRow({
      id: '-',
      what: 'answers that another attempt went on with',
      value: verdict.resumptions,
      unit: 'attempts',
    }),
    benchRow({
      id: '-',
      what: 'answers of which live text was lost with Redis',
      value: verdict.streamedShort,
      unit: 'turns',
    }),
    benchRow({ id: '-', what: 'text shown and then replaced', value: verdict.rewritten, unit: 'characters' }),
    benchRow({ id: '-', what: 'errors thrown by the client', value: verdict.clientErrors.length, unit: 'errors' }),
  ];
}
