import { describe, expect, it } from 'vitest';
import { matchingPart, matchingPlace } from './matching-part.js';

const part = (passage: string, wanted: string) => {
  const span = matchingPart(passage, wanted);
  return span && passage.slice(span.start, span.end);
};

describe('the part of a passage that matches', () => {
  it.each([
    [
      'The harbour is old. A berth costs 40 euros. The mayor is new.',
      'What does a berth cost?',
      'A berth costs 40 euros.',
    ],
    [
      '# Api\n\n- GET /a gives 404\n- DELETE /pump gives 409\n- PUT /b gives 200',
      'When does DELETE pump give an error?',
      '- DELETE /pump gives 409',
    ],
    ['第一页讲港口。泊位每天四十欧元。市长是新的。', '泊位多少钱？', '泊位每天四十欧元。'],
    ['| Part | Bar |\n|---|---|\n| AB-1 | 3 |\n| AB-2 | 6 |\n| CD-3 | 9 |', 'pressure of CD-3', '| CD-3 | 9 |'],
    [
      'Slide 7: nothing.\n\nThe valve opens at 9 bar.\n\nSlide 9: nothing.',
      'At which pressure does the valve open?',
      'The valve opens at 9 bar.',
    ],
  ])('of %j for %j', (passage, wanted, expected) => {
    expect(part(passage, wanted)).toBe(expected);
  });

  it('are two sentences where both are needed', () => {
    expect(
      part(
        'It rains. The okapi switch is red. It locks the pump. It snows.',
        'What does the okapi switch do to the pump?',
      ),
    ).toBe('The okapi switch is red. It locks the pump.');
  });

  it('is none where nothing is shared, or everything is', () => {
    for (const [passage, wanted] of [
      ['One. Two.', 'three'],
      ['One sentence alone.', 'sentence'],
      ['The pump. The pump.', 'pump'],
      ['', 'x'],
    ] as const) {
      expect(matchingPart(passage, wanted)).toBeUndefined();
    }
  });

  it('tells its page, its lines, its offsets', () => {
    const text = 'Page six.\nThe pump stops.\nThe valve opens.';
    const stretches = [
      { at: 0, start: 100, end: 110, line: 9, page: 6 },
      { at: 10, start: 111, end: 127, line: 10, page: 7 },
      { at: 26, start: 128, end: 144, line: 11, page: 8 },
    ];
    expect(matchingPlace({ text, stretches }, 'when does the valve open')).toEqual({
      start: 128,
      end: 144,
      line: 11,
      endLine: 11,
      page: 8,
      endPage: 8,
    });
    expect(matchingPlace({ text, stretches }, 'nothing')).toMatchObject({ line: 9, endLine: 11, page: 6, endPage: 8 });
    const rows = { text: `valve | pump\n${text}`, stretches: stretches.map((one) => ({ ...one, at: one.at + 13 })) };
    expect(matchingPlace(rows, 'valve pump stops')).toMatchObject({ start: 111, line: 10, page: 7 });
    expect(matchingPlace({ ...rows, text: rows.text.replace('pump', 'okapi') }, 'okapi')).toMatchObject({
      line: 9,
      endLine: 11,
    });
    expect(matchingPlace({ text, place: { page: 3, endPage: 3 } }, 'valve')).toEqual({ page: 3, endPage: 3 });
  });
});
