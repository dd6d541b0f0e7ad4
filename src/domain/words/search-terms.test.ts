import { describe, expect, it } from 'vitest';
import { documentTerms, queryTerms } from './search-terms.js';

/** Whether all terms of a query are among those of a document. */
function finds(document: string, query: string): boolean {
  const terms = new Set(documentTerms(document).split(' '));
  return queryTerms(query).every((term) => terms.has(term));
}

describe('documentTerms', () => {
  it('keeps the words of scripts with spaces, in lower case, and a second time without accents', () => {
    expect(documentTerms('Hello, World! C3PO naïve Ünïcode_id über')).toBe(
      'hello world c3po naïve naive ünïcode unicode id über uber',
    );
  });

  it('keeps what programming languages are called', () => {
    expect(documentTerms('C++, C#, F# and .NET')).toBe('c++ c# f# and .net net');
    expect(documentTerms('notepad++ issue#12 a+b C#8 end. .NET3')).toBe(
      'notepad++ notepad issue 12 a b c# 8 end .net3 net3',
    );
  });

  it('takes time by the length of a text', () => {
    for (const text of [
      '+'.repeat(200_000),
      'a'.repeat(200_000),
      'e\u0301'.repeat(100_000),
      '字\n'.repeat(100_000),
      '#'.repeat(200_000),
    ]) {
      expect(documentTerms(text)).toBeTypeOf('string');
    }
  }, 4_000);

  it('applies NFKC: full width, ligatures, circled numbers', () => {
    expect(documentTerms('ＡＢＣ１２３ ﬁle ① ｶﾞ')).toBe('abc123 file 1 ガ');
  });

  it('cuts Chinese into pairs, united with longer and shorter words', () => {
    const terms = documentTerms('数据库').split(' ');
    expect(terms).toEqual(expect.arrayContaining(['数据', '据库']));
  });

  it('separates scripts that stand together', () => {
    expect(documentTerms('Temporal工作流v2')).toContain('temporal');
    expect(documentTerms('Temporal工作流v2').split(' ')).toEqual(expect.arrayContaining(['工作', '作流', 'v2']));
  });

  it('counts each as often as it is there', () => {
    expect(documentTerms('a b a')).toBe('a b a');
    expect(documentTerms('')).toBe('');
    expect(documentTerms('，。！')).toBe('');
  });

  it('keeps characters beyond the basic plane whole', () => {
    expect(documentTerms('𠮷野家').split(' ')).toEqual(expect.arrayContaining(['𠮷野', '野家']));
  });
});

describe('queryTerms', () => {
  it('names each once', () => {
    expect(queryTerms('the THE 合规合规')).toEqual(expect.arrayContaining(['the', '合规', '规合']));
    expect(new Set(queryTerms('合规合规')).size).toBe(queryTerms('合规合规').length);
  });

  it('does not look for single characters within more', () => {
    expect(queryTerms('我的猫').every((term) => term.length > 1)).toBe(true);
    expect(queryTerms('猫')).toEqual(['猫']);
  });
});

describe('together', () => {
  it.each([
    ['公司必须通过合规审查才能上市。', '合规'],
    ['我们使用关系数据库保存记录。', '数据库'],
    ['我们使用关系数据库保存记录。', '数据'],
    ['新的电动车补贴政策已经公布。', '电动车'],
    ['新的电动车补贴政策已经公布。', '电动'],
    ['新的电动车补贴政策已经公布。', '政策'],
    ['用Temporal编排长期运行的工作流', 'temporal'],
    ['東京都に住んでいます。', '東京'],
    ['データベースを使う', 'データベース'],
    ['The quick brown fox', 'QUICK'],
    ['型号ＡＢ－１２已停产', 'AB-12'],
    ['我有一只猫。', '猫'],
    // Across a line break.
    ['系统管理员应当每天检查数\n据库的状态', '数据库'],
    ['执行备\r\n份', '备份'],
    ['東京\n都の人口', '東京都'],
    ['データ \nベース', 'データベース'],
    // Radicals, as fonts of PDFs name them.
    ['⻚⾯的⻓度由⻅习⻋间主任决定', '页面 长度'],
    ['⻚⾯的⻓度由⻅习⻋间主任决定', '见习车间'],
    ['⼈⺠⻄⻰', '人民西龙'],
    ['页面', '⻚⾯'],
    // Invisible characters.
    ['Die Donau\u00addampf\u00adschiff', 'Donaudampfschiff'],
    ['zero\u200bwidth data\u200dbase non\u2060joined by\ufeffte', 'zerowidth database nonjoined byte'],
    ['数\u200b据\u00ad库', '数据库'],
    ['葛\u{e0100}城市', '葛城市'],
    ['می\u200cخواهم', 'میخواهم'],
    ['donaudampf', 'Donau\u00addampf'],
    // Accents.
    ['Le café ouvre. Naïve résumé.', 'cafe naive resume'],
    ['Le café ouvre', 'CAFE\u0301'],
    ['Gefahr in der STRASSE', 'strasse'],
    ['Die Straße', 'STRASSE'],
    ['Łódź, Århus, København', 'lodz arhus kobenhavn'],
    ['Việt Nam', 'viet nam'],
    ['ΟΔΟΣ Αθήνα', 'οδοσ αθηνα'],
    ['зелёная ёлка, за́мок', 'зеленая елка замок'],
    ['שָׁלוֹם', 'שלום'],
    ['مُحَمَّد', 'محمد'],
    // Korean: particles, compounds, words after other scripts.
    ['데이터베이스는 서버에서 실행됩니다.', '데이터베이스'],
    ['데이터베이스는 서버에서 실행됩니다.', '서버'],
    ['REST API를 사용합니다', 'api'],
    ['물을 마신다', '물'],
    ['자동차보험', '보험'],
    ['파이썬으로', '파이썬'],
    ['Written in C++17', 'C++'],
    ['Ｃ＋＋语言', 'C++'],
    ['C♯ and F#.', 'c# f#'],
    ['.NET 8', '.net'],
  ])('%s is found by %s', (document, query) => {
    expect(finds(document, query)).toBe(true);
  });

  it.each([
    ['ยินดีต้อนรับสู่ประเทศไทย', 'ประเทศ'],
    ['ฐานข้อมูลสำรองทุกคืน', 'ข้อมูล'],
    ['ພາສາລາວແມ່ນພາສາ', 'ພາສາ'],
    ['ភាសាខ្មែរជាភាសា', 'ខ្មែរ'],
    ['မြန်မာဘာသာစကား', 'ဘာသာစကား'],
    ['กรุงเทพมหานครเป็นเมืองหลวง', 'เมืองหลวง'],
  ])('%s is found by %s, whatever the dictionary sees around it', (document, query) => {
    const terms = new Set(documentTerms(document).split(' '));
    const wanted = queryTerms(query);
    // A word of the dictionary may be part of another word in the document, but the pairs are there.
    expect(wanted.filter((term) => !terms.has(term)).length).toBeLessThanOrEqual(1);
    expect(wanted.length).toBeGreaterThan(2);
  });

  it.each([
    ['我们使用关系数据库保存记录。', '合规'],
    ['The quick brown fox', '狐狸'],
    // In another paragraph.
    ['检查数\n\n据库', '数据'],
    ['检查数\n\u3000\u3000据库', '数据'],
    // Names of programming languages are neither their first letter nor each other.
    ['Written in C', 'C++'],
    ['Written in C++', 'C#'],
    ['Written in C#', 'C'],
    ['fishing net', '.NET'],
    // Marks that distinguish words.
    ['край', 'краи'],
    ['हिंदी', 'हद'],
    ['ไม้', 'ไม'],
    ['がき', 'かき'],
    ['café', 'cafè'],
  ])('%s is not found by %s', (document, query) => {
    expect(finds(document, query)).toBe(false);
  });
});
