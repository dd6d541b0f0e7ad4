/**
 * The ideographs for U+2E80 to U+2EF3, in order; the few characters without an ideograph stand for themselves. NFKC converts those of
 * U+2F00 to U+2FD5, and two of these. Fonts in PDFs use radicals for whole ideographs.
 *
 * source: https://www.unicode.org/Public/14.0.0/ucd/EquivalentUnifiedIdeograph.txt
 */
const IDEOGRAPHS = Array.from(
  '⺀厂乛乚乙亻冂𠘨刀刂卜㔾小小兀尣尢𡯂巳幺彑彐忄心扌攵⺚旡日' +
    '月歺母民氵氺灬爫爫丬牛犭王𤴔目示礻𥫗糹纟罓罒㓁冗𦉫羊𦍌𦍋耂' +
    '肀聿肉𦥑艹艹艹虎衤覀西见角𧢲讠贝𧾷车辶辶辶邑钅長镸长门𨸏阝' +
    '雨青韦页风飞食𩙿飠饣𩠐马骨鬼鱼鸟卤麦黄黾斉齐歯齿竜龙龜亀龟',
);

const FIRST = 0x2e80;
const RADICALS = /[\u2e80-\u2ef3]/gu;

/** Replaces each radical of CJK Radicals Supplement by the ideograph that it looks like. */
export function withoutRadicals(text: string): string {
  return text.replace(RADICALS, (radical) => IDEOGRAPHS[radical.charCodeAt(0) - FIRST] ?? radical);
}
