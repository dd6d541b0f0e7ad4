/** Writes the number of a list item. The value is from 0 to 32,767, as in Word. */
type Write = (value: number) => string;

const ROMAN: readonly (readonly [number, string])[] = [
  [1000, 'm'],
  [900, 'cm'],
  [500, 'd'],
  [400, 'cd'],
  [100, 'c'],
  [90, 'xc'],
  [50, 'l'],
  [40, 'xl'],
  [10, 'x'],
  [9, 'ix'],
  [5, 'v'],
  [4, 'iv'],
  [1, 'i'],
];
const MAX_ROMAN = 3999;
/** Word repeats letters after the last one: z, aa, bb. */
const MAX_REPEATS = 30;

/** source: ISO/IEC 29500-1, 17.18.59 (ST_NumberFormat) */
const FORMATS: Readonly<Record<string, Write>> = {
  decimalZero: (value) => String(value).padStart(2, '0'),
  lowerRoman: roman,
  upperRoman: (value) => roman(value).toUpperCase(),
  lowerLetter: repeatedOf('abcdefghijklmnopqrstuvwxyz'),
  upperLetter: repeatedOf('ABCDEFGHIJKLMNOPQRSTUVWXYZ'),
  russianLower: repeatedOf('абвгдежзиклмнопрстуфхцчшщыэюя'),
  russianUpper: repeatedOf('АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЫЭЮЯ'),
  ordinal: (value) => `${value}${ordinalEnding(value)}`,
  decimalFullWidth: fullWidth,
  decimalFullWidth2: fullWidth,
  decimalEnclosedCircle: enclosed,
  decimalEnclosedCircleChinese: enclosed,
  decimalEnclosedParen: (value) => `(${value})`,
  decimalEnclosedFullstop: (value) => `${value}.`,
  chineseCounting: counted('〇一二三四五六七八九', '十百千万'),
  chineseCountingThousand: counted('〇一二三四五六七八九', '十百千万'),
  taiwaneseCounting: counted('〇一二三四五六七八九', '十百千萬'),
  taiwaneseCountingThousand: counted('〇一二三四五六七八九', '十百千萬'),
  japaneseCounting: counted('〇一二三四五六七八九', '十百千万'),
  chineseLegalSimplified: counted('零壹贰叁肆伍陆柒捌玖', '拾佰仟萬'),
  ideographLegalTraditional: counted('零壹貳參肆伍陸柒捌玖', '拾佰仟萬'),
  ideographDigital: (value) => String(value).replace(/\d/gu, (digit) => '〇一二三四五六七八九'[Number(digit)] ?? digit),
  ideographTraditional: repeatedOf('甲乙丙丁戊己庚辛壬癸'),
  ideographZodiac: repeatedOf('子丑寅卯辰巳午未申酉戌亥'),
  ganada: repeatedOf('가나다라마바사아자차카타파하'),
  chosung: repeatedOf('ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ'),
  koreanDigital: (value) => String(value).replace(/\d/gu, (digit) => '영일이삼사오육칠팔구'[Number(digit)] ?? digit),
  aiueoFullWidth: repeatedOf(
    'アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン',
  ),
  irohaFullWidth: repeatedOf(
    'イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセスン',
  ),
  none: () => '',
};

/** Writes a number in a format of Word; in decimal if the format is unknown. */
export function formatNumber(value: number, format: string): string {
  const write = Object.hasOwn(FORMATS, format) ? FORMATS[format] : undefined;
  return (write ?? String)(value);
}

function roman(value: number): string {
  if (value < 1 || value > MAX_ROMAN) return String(value);
  let rest = value;
  let text = '';
  for (const [worth, letters] of ROMAN) {
    for (; rest >= worth; rest -= worth) text += letters;
  }
  return text;
}

function repeatedOf(letters: string): Write {
  return (value) => {
    const times = Math.ceil(value / letters.length);
    const letter = letters[(value - 1) % letters.length];
    return letter === undefined || times > MAX_REPEATS ? String(value) : letter.repeat(times);
  };
}

function ordinalEnding(value: number): string {
  if (value % 100 >= 11 && value % 100 <= 13) return 'th';
  return ['th', 'st', 'nd', 'rd'][value % 10] ?? 'th';
}

function fullWidth(value: number): string {
  return String(value).replace(/\d/gu, (digit) => String.fromCodePoint(0xff10 + Number(digit)));
}

function enclosed(value: number): string {
  return value >= 1 && value <= 20 ? String.fromCodePoint(0x2460 + value - 1) : String(value);
}

/** East Asian counting up to 99,999: 十, 十一, 二十, 一百〇五. */
function counted(digits: string, units: string): Write {
  const [ten = '', hundred = '', thousand = '', myriad = ''] = units;
  const below = (value: number): string => {
    let text = '';
    let isZeroDue = false;
    for (const [worth, unit] of [
      [1000, thousand],
      [100, hundred],
      [10, ten],
      [1, ''],
    ] as const) {
      const digit = Math.floor(value / worth) % 10;
      if (digit === 0) isZeroDue = text !== '';
      else {
        text += `${isZeroDue ? digits[0] : ''}${digits[digit]}${unit}`;
        isZeroDue = false;
      }
    }
    return text;
  };
  return (value) => {
    if (value === 0) return digits[0] ?? '0';
    const myriads = Math.floor(value / 10_000);
    const rest = value % 10_000;
    const gap = myriads > 0 && rest > 0 && rest < 1000 ? digits[0] : '';
    const text = (myriads > 0 ? below(myriads) + myriad : '') + gap + below(rest);
    // 十一, not 一十一.
    return value >= 10 && value < 20 ? text.slice(1) : text;
  };
}
