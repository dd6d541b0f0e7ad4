import { describe, expect, it } from 'vitest';
import { decodeText } from './decode-text.js';

const CHINESE =
  '人工智能是计算机科学的一个分支。它试图了解智能的实质，并生产出一种新的机器！我们在2024年看到了很大的进步。';
const TRADITIONAL = '人工智慧是電腦科學的一個分支。它試圖了解智慧的實質，並生產出一種新的機器！我們看到了很大的進步。';
const JAPANESE =
  'これは日本語の文章です。人工知能はコンピュータ科学の一分野であり、新しい機械を作ることを目指しています。';
const FRENCH = 'Un été à Évreux, où l’été fut très « doux »…';

/** Reads the decoder's table backwards, because `TextEncoder` only writes UTF-8. */
function encode(text: string, label: string, leads: readonly [number, number]): Buffer {
  const table = new Map<string, number[]>();
  const decoder = new TextDecoder(label);
  for (let byte = 0x80; byte <= 0xff; byte++) table.set(decoder.decode(Uint8Array.of(byte)), [byte]);
  for (let lead = leads[0]; lead <= leads[1]; lead++) {
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      const character = decoder.decode(Uint8Array.of(lead, trail));
      if (Array.from(character).length === 1 && !table.has(character)) table.set(character, [lead, trail]);
    }
  }
  return Buffer.from(
    Array.from(text).flatMap((character) =>
      character < '\u{80}' ? [character.charCodeAt(0)] : (table.get(character) ?? [0x3f]),
    ),
  );
}

const gb18030 = (text: string) => encode(text, 'gb18030', [0x81, 0xfe]);
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();

describe('decodeText', () => {
  it('knows GB18030 by hand: 数据库', async () => {
    const bytes = Buffer.from('cafdbeddbfe2', 'hex');
    expect(await decodeText(bytes)).toEqual({ text: '数据库', encoding: 'gb18030' });
  });

  it.each([
    ['UTF-8', Buffer.from(CHINESE), CHINESE, 'utf-8'],
    ['UTF-8 with a mark', Buffer.from(`\u{feff}${FRENCH}`), FRENCH, 'utf-8'],
    ['UTF-16 LE with a mark', Buffer.from(`\u{feff}${CHINESE}`, 'utf16le'), CHINESE, 'utf-16le'],
    ['UTF-16 BE with a mark', utf16be(`\u{feff}${CHINESE}`), CHINESE, 'utf-16be'],
    ['UTF-16 LE without one', Buffer.from(`${CHINESE}\n`, 'utf16le'), `${CHINESE}\n`, 'utf-16le'],
    ['UTF-16 BE without one', utf16be(`${CHINESE}\n`), `${CHINESE}\n`, 'utf-16be'],
    [
      'UTF-16 LE of nothing but Chinese',
      Buffer.from('人工智能是计算机科学的一个分支', 'utf16le'),
      '人工智能是计算机科学的一个分支',
      'utf-16le',
    ],
    ['UTF-16 LE of English', Buffer.from('Plain English text.', 'utf16le'), 'Plain English text.', 'utf-16le'],
    ['UTF-16 BE of English', utf16be('Plain English text.'), 'Plain English text.', 'utf-16be'],
    ['GB18030', gb18030(CHINESE), CHINESE, 'gb18030'],
    [
      'GB18030 within English',
      gb18030(`The term ${CHINESE.slice(0, 4)} means AI. `),
      `The term ${CHINESE.slice(0, 4)} means AI. `,
      'gb18030',
    ],
    ['Big5', encode(TRADITIONAL, 'big5', [0x81, 0xfe]), TRADITIONAL, 'big5'],
    ['Shift_JIS', encode(JAPANESE, 'shift_jis', [0x81, 0xfc]), JAPANESE, 'shift_jis'],
    [
      'windows-1252',
      Buffer.from('556e20e974e920e020c976726575782c206ff9206c92e974e920667574207472e87320ab20646f757820bb85', 'hex'),
      FRENCH,
      'windows-1252',
    ],
    ['ASCII', Buffer.from('plain'), 'plain', 'utf-8'],
  ])('reads %s', async (_, bytes, text, encoding) => {
    expect(await decodeText(bytes)).toEqual({ text, encoding });
  });

  it('believes the charset that came with it, and the one in an HTML page, where they can be right', async () => {
    const short = gb18030('中文');
    expect(await decodeText(short, { charset: 'GB2312' })).toEqual({ text: '中文', encoding: 'gb18030' });
    expect((await decodeText(Buffer.from(CHINESE), { charset: 'gbk' }))?.encoding).toBe('utf-8');
    expect((await decodeText(short, { charset: 'no-such' }))?.text.length).toBeGreaterThan(0);
    const page = Buffer.concat([Buffer.from('<html><meta charset="big5"><p>'), encode('中文', 'big5', [0x81, 0xfe])]);
    expect((await decodeText(page))?.text).toContain('<p>中文');
  });

  it.each([
    ['a text', '', '24222469', 'あら'],
    ['a page that names it', '<html><meta charset="iso-2022-jp"><p>', '467c4b5c386c', '日本語'],
    ['a page that names another', '<html><meta charset="utf-8"><p>', '3546306c', '菊一'],
  ])('reads ISO-2022-JP, though its bytes are ASCII: %s', async (_, before, jis, text) => {
    const bytes = Buffer.concat([Buffer.from(`${before}\u001B$B`), Buffer.from(jis, 'hex'), Buffer.from('\u001B(B.')]);
    expect(await decodeText(bytes)).toEqual({ text: `${before}${text}.`, encoding: 'iso-2022-jp' });
  });

  it('does not take colours of a terminal for ISO-2022-JP', async () => {
    expect((await decodeText(Buffer.from('\u001B[1m5 $B\u001B[0m')))?.encoding).toBe('utf-8');
  });

  it('reads UTF-8 with a broken character as UTF-8', async () => {
    const bytes = Buffer.from(CHINESE.repeat(3)).subarray(1);
    expect((await decodeText(bytes))?.encoding).toBe('utf-8');
  });

  it('takes binary data for no text', async () => {
    const bytes = Uint8Array.from({ length: 5000 }, (_, index) => (index * index * 7919) % 256);
    expect(await decodeText(bytes)).toBeUndefined();
    expect(await decodeText(new Uint8Array(1000))).toBeUndefined();
  });
});
