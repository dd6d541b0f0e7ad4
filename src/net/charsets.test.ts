import { describe, expect, it } from 'vitest';
import { decodeText } from './decode-text.js';

/** Reads the decoder's table backwards, because `TextEncoder` only writes UTF-8. */
function encode(text: string, label: string): Buffer {
  const decoder = new TextDecoder(label);
  const table = new Map<string, readonly number[]>();
  const add = (...bytes: number[]): void => {
    const character = decoder.decode(Uint8Array.from(bytes));
    if (Array.from(character).length === 1 && !table.has(character)) table.set(character, bytes);
  };
  for (let byte = 0x80; byte <= 0xff; byte++) add(byte);
  if (label.startsWith('euc-')) for (let a = 0xa1; a <= 0xfe; a++) for (let b = 0xa1; b <= 0xfe; b++) add(a, b);
  const bytesOf = (character: string): readonly number[] => {
    const bytes = character < '\u{80}' ? [character.charCodeAt(0)] : table.get(character);
    if (bytes === undefined) throw new Error(`${label} has no ${character}`);
    return bytes;
  };
  return Buffer.from(Array.from(text).flatMap(bytesOf));
}

const RUSSIAN = [
  'Поезд отправляется завтра утром с третьего пути.',
  'Чтобы восстановить резервную копию, остановите сервер и замените файл настроек.',
  'Мы купили хлеб, молоко и яблоки.',
];
const POLISH_CZECH_HUNGARIAN = [
  'Proszę włożyć książkę z powrotem na półkę, żeby się nie zgubiła.',
  'Zítra večer přijedou přátelé, koupíme čerstvý chléb a sýr.',
  'A könyvtár ma délután hatig tart nyitva, utána felújítják a tetőt.',
];
const GREEK = [
  'Το τρένο φεύγει αύριο το πρωί από την τρίτη αποβάθρα.',
  'Αγοράσαμε ψωμί, γάλα και μήλα.',
  'Σταματήστε τον διακομιστή πριν αλλάξετε τις ρυθμίσεις.',
];
const THAI = ['รถไฟจะออกพรุ่งนี้เช้าจากชานชาลาที่สาม', 'กรุณาหยุดเซิร์ฟเวอร์ก่อนเปลี่ยนการตั้งค่า', 'เราซื้อขนมปัง นม และแอปเปิ้ล'];
const KOREAN = [
  '기차는 내일 아침 삼번 승강장에서 출발합니다.',
  '설정을 바꾸기 전에 서버를 멈추십시오.',
  '우리는 빵과 우유와 사과를 샀다.',
];
const JAPANESE = [
  '電車は明日の朝、三番線から出発します。',
  '設定を変更する前にサーバーを停止してください。',
  'パンと牛乳とりんごを買いました。',
];
const OTHERS: readonly (readonly [string, string])[] = [
  ['windows-1251', 'Потяг вирушає завтра вранці з третьої колії, їжу візьміть із собою.'],
  ['koi8-u', 'Потяг вирушає завтра вранці з третьої колії, їжу візьміть із собою.'],
  ['iso-8859-2', 'Zítra večer přijedou přátelé, koupíme čerstvý chléb a sýr.'],
  ['windows-1254', 'Yarın sabah üçüncü perondan kalkan trene bineceğiz, geç kalmayın.'],
  ['windows-1255', 'הרכבת יוצאת מחר בבוקר מהרציף השלישי.'],
  ['windows-1256', 'يغادر القطار غدا صباحا من الرصيف الثالث.'],
];

const CASES = [
  ...['windows-1251', 'koi8-r', 'ibm866', 'iso-8859-5'].flatMap((label) =>
    RUSSIAN.map((text) => [label, text] as const),
  ),
  ...POLISH_CZECH_HUNGARIAN.map((text) => ['windows-1250', text] as const),
  ...['windows-1253', 'iso-8859-7'].flatMap((label) => GREEK.map((text) => [label, text] as const)),
  ...THAI.map((text) => ['windows-874', text] as const),
  ...KOREAN.map((text) => ['euc-kr', text] as const),
  ...JAPANESE.map((text) => ['euc-jp', text] as const),
  ...OTHERS,
];

describe('decodeText, where nothing names the charset', () => {
  it.each(CASES)('reads %s: %s', async (label, text) => {
    expect((await decodeText(encode(text, label)))?.text).toBe(text);
  });

  it.each(['windows-1251', 'euc-kr', 'windows-874'])('reads %s far behind a text that is ASCII', async (label) => {
    const [text = ''] = label === 'windows-1251' ? RUSSIAN : label === 'euc-kr' ? KOREAN : THAI;
    const whole = `${'{"id": 1, "name": "plain words"}\n'.repeat(3_000)}{"name": "${text}"}\n`;
    expect(await decodeText(encode(whole, label))).toEqual({ text: whole, encoding: label });
  });

  it.each(['windows-1251', 'windows-1250', 'euc-jp'])('reads a line of 100,000 bytes in %s', async (label) => {
    const sentences =
      label === 'windows-1251' ? RUSSIAN : label === 'windows-1250' ? POLISH_CZECH_HUNGARIAN.slice(0, 1) : JAPANESE;
    const whole = sentences.join(' ').repeat(600);
    expect(await decodeText(encode(whole, label))).toEqual({ text: whole, encoding: label });
  });

  it.each(['\u0093Quote\u0094 it\u0092s', 'one \u0096 two', 'and so on\u0085'])(
    'is sure of marks that Windows writes into English: %j',
    async (text) => {
      const { text: read, ...rest } = (await decodeText(Buffer.from(text, 'latin1'))) ?? { text: '' };
      expect(rest).toEqual({ encoding: 'windows-1252' });
      expect(read).toMatch(/[“”’–…]/u);
    },
  );

  it.each([
    ['a letter', 'caf\u00e9'],
    ['an amount', 'It costs \u00a35 today.'],
    ['two letters', 'na\u00efve r\u00e9sum'],
  ])('says that %s is too little to tell by', async (_, text) => {
    expect(await decodeText(Buffer.from(text, 'latin1'))).toMatchObject({ isUnsure: true });
  });

  it.each([
    ['nu\u0161ka', 'Herkesin, hi\u00e7bir far'],
    ['Her \u015fey', 'Strasse und Stra\u00dfen!'],
    ['ma\u00f1ana', 'The words of ma\u00f1ana!'],
  ])('takes letters of ASCII in pairs for no Chinese: %s, %s', async (_, text) => {
    expect((await decodeText(Buffer.from(text, 'latin1')))?.text).toContain(text.slice(0, 6));
  });
});

describe('decodeText, where a charset is named', () => {
  it.each([
    ['windows-1251', RUSSIAN[2] ?? '', 'koi8-r'],
    ['euc-kr', KOREAN[2] ?? '', 'windows-1252'],
    ['windows-1250', POLISH_CZECH_HUNGARIAN[0] ?? '', 'iso-8859-2'],
  ])('reads %s by what the sender says, then by what the page says', async (label, text, other) => {
    const page = encode(`<meta charset="${label}"><p>${text}`, label);
    expect(await decodeText(page)).toEqual({ text: `<meta charset="${label}"><p>${text}`, encoding: label });
    const misnamed = encode(`<meta charset="${other}"><p>${text}`, label);
    expect((await decodeText(misnamed, { charset: label }))?.text).toContain(text);
  });

  it.each([
    ['windows-1251', RUSSIAN[0] ?? ''],
    ['windows-874', THAI[0] ?? ''],
    ['euc-kr', KOREAN[0] ?? ''],
  ])('reads %s that is called UTF-8', async (label, text) => {
    expect(await decodeText(encode(text, label), { charset: 'utf-8' })).toEqual({ text, encoding: label });
  });
});
