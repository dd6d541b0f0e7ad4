/** Finds the East Asian encoding, or the byte order of UTF-16, in which bytes decode to the most common characters. */
import { decodeSample } from './encodings.js';

interface Candidate {
  readonly encoding: string;
  /** Share of the characters outside ASCII that are common in texts in this encoding, 0 to 1. */
  readonly share: number;
}

/** The encoding whose characters look most like real text; undefined if none does. */
export function bestOf(encodings: readonly string[], sample: Uint8Array): string | undefined {
  const [best] = encodings
    .map((encoding): Candidate => ({ encoding, share: usualShare(sample, encoding) }))
    .filter(({ share }) => share > 0.7)
    .toSorted((a, b) => b.share - a.share);
  return best?.encoding;
}

function usualShare(sample: Uint8Array, encoding: string): number {
  const text = decodeSample(sample, encoding);
  if (text === undefined || text === '') return 0;
  const isUtf16 = encoding.startsWith('utf-16');
  const usual = usualCharacters(encoding);
  let all = 0;
  let known = 0;
  for (const character of text) {
    const isAscii = character < '\u{80}';
    // In the other encodings, ASCII is the same for each candidate and tells nothing.
    if (isAscii && !isUtf16) continue;
    all++;
    if (isAscii ? /[\t\r\n -~]/u.test(character) : usual.has(character)) known++;
    // The most frequent Chinese characters count extra: two encodings may share the common characters, but not the most frequent ones.
    if (FREQUENT.has(character)) known += 0.2;
  }
  return all === 0 ? 0 : known / all;
}

/** source: the most frequent characters of modern Chinese, simplified and traditional, and punctuation. */
const FREQUENT = new Set(
  '的一是不了在人有我他这这個个們们中来來上大为為和国國地到以说說时時要就出会會可也你对對生能而子那得于着下自之年过過，。、；：？！“”「」（）のにはをたがでてと',
);

const usualSets = new Map<string, ReadonlySet<string>>();

/** Characters of the first level of an encoding's standard (the common ones), its punctuation and its kana. */
function usualCharacters(encoding: string): ReadonlySet<string> {
  const known = usualSets.get(encoding);
  if (known !== undefined) return known;
  const set = new Set<string>();
  const add = (label: string, leads: readonly [number, number], trails: readonly [number, number]): void => {
    const decoder = new TextDecoder(label);
    for (let lead = leads[0]; lead <= leads[1]; lead++) {
      for (let trail = trails[0]; trail <= trails[1]; trail++) {
        const character = decoder.decode(Uint8Array.of(lead, trail));
        if (character !== '\u{fffd}' && Array.from(character).length === 1) set.add(character);
      }
    }
  };
  const isUtf16 = encoding.startsWith('utf-16');
  if (encoding === 'gb18030' || isUtf16) {
    add('gb18030', [0xa1, 0xa3], [0xa1, 0xfe]);
    add('gb18030', [0xb0, 0xd7], [0xa1, 0xfe]);
  }
  if (encoding === 'big5' || isUtf16) {
    add('big5', [0xa1, 0xa3], [0x40, 0xfe]);
    add('big5', [0xa4, 0xc6], [0x40, 0xfe]);
  }
  if (encoding === 'shift_jis' || isUtf16) {
    add('shift_jis', [0x81, 0x83], [0x40, 0xfc]);
    add('shift_jis', [0x88, 0x97], [0x40, 0xfc]);
  }
  if (encoding === 'euc-kr' || isUtf16) {
    add('euc-kr', [0xa1, 0xa1], [0xa1, 0xfe]);
    add('euc-kr', [0xb0, 0xc8], [0xa1, 0xfe]);
  }
  if (isUtf16)
    for (const code of Array.from({ length: 0x500 }, (_, index) => index + 0xa0)) set.add(String.fromCodePoint(code));
  usualSets.set(encoding, set);
  return set;
}
