import { describe, expect, it } from 'vitest';
import { documentTerms, queryTerms } from './search-terms.js';

/** Whether all terms of a query are among those of a document. */
function finds(document: string, query: string): boolean {
  const terms = new Set(documentTerms(document).split(' '));
  return queryTerms(query).every((term) => terms.has(term));
}

describe('documentTerms', () => {
  it('keeps the words of scripts with spaces, in lower case and without marks', () => {
    expect(documentTerms('Hello, World! C3PO naïve Ünïcode_id über')).toBe('hello world c3po naïve ünïcode id über');
  });

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
  ])('%s is found by %s', (document, query) => {
    expect(finds(document, query)).toBe(true);
  });

  it.each([
    ['我们使用关系数据库保存记录。', '合规'],
    ['The quick brown fox', '狐狸'],
  ])('%s is not found by %s', (document, query) => {
    expect(finds(document, query)).toBe(false);
  });
});
