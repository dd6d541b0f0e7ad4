import { expect, it } from 'vitest';
import { quickPart, readEvaluationSet, readJudgedQuestions } from './evaluation-set.js';

it('has at least 200 questions over 1,000 passages, half English and half Chinese, and 20 from one to the other', async () => {
  const { passages, questions } = await readEvaluationSet();
  const ofSet = (set: string) => questions.filter((question) => question.set === set);
  const inLanguage = (language: string) => passages.filter(({ id }) => id.startsWith(`${language}-`));
  expect(passages.length).toBeGreaterThanOrEqual(1000);
  expect(inLanguage('en')).toHaveLength(inLanguage('zh').length);
  expect(ofSet('en').length + ofSet('zh').length).toBeGreaterThanOrEqual(200);
  expect(ofSet('en')).toHaveLength(ofSet('zh').length);
  expect(ofSet('cross').length).toBeGreaterThanOrEqual(20);
});

it('names passages that there are, in the language that the set says, each once', async () => {
  const { passages, questions } = await readEvaluationSet();
  const ids = new Set(passages.map(({ id }) => id));
  expect(ids.size).toBe(passages.length);
  expect(new Set(questions.map(({ id }) => id)).size).toBe(questions.length);
  expect(new Set(passages.map(({ title, text }) => title + text)).size).toBe(passages.length);
  for (const { set, relevant, question } of questions) {
    for (const id of relevant) {
      expect(ids).toContain(id);
      expect(id.startsWith(set === 'en' ? 'en-' : 'zh-'), `${question}: ${id}`).toBe(true);
    }
    expect(/\p{Script=Han}/u.test(question)).toBe(set === 'zh');
  }
});

it('has a small part in which every question can still be answered', async () => {
  const { passages, questions } = quickPart(await readEvaluationSet());
  expect(questions.length).toBeGreaterThan(20);
  expect(passages.length).toBeLessThan(250);
  const ids = new Set(passages.map(({ id }) => id));
  for (const { relevant } of questions) for (const id of relevant) expect(ids).toContain(id);
});

it('holds out 100 questions of each language that passages answer, and 100 that none does, no question twice', async () => {
  const { questions } = await readEvaluationSet();
  const judged = await readJudgedQuestions(questions);
  expect(new Set(judged.map(({ question }) => question)).size).toBe(judged.length);
  for (const set of ['en', 'zh'] as const) {
    const ofSet = judged.filter((each) => each.set === set);
    const heldOut = ofSet.filter(({ isHeldOut }) => isHeldOut);
    expect(heldOut.filter(({ kind }) => kind === 'answered').length).toBeGreaterThanOrEqual(100);
    expect(heldOut.filter(({ kind }) => kind !== 'answered').length).toBeGreaterThanOrEqual(100);
    for (const { question } of ofSet) expect(/\p{Script=Han}/u.test(question)).toBe(set === 'zh');
  }
});
