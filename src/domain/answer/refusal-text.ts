import { nameSources } from './answer-sources.js';
import type { SourceSettings } from './answer-sources.js';

/** The text that replaces an answer if nothing was found that answers the question: in Chinese for a Chinese question, otherwise in English. */
export function refusalText(question: string, settings: SourceSettings): string {
  const isChinese = /\p{Script=Han}/u.test(question) && !/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(question);
  if (!isChinese) return `Nothing was found in ${nameSources(settings)} that answers this question.`;
  return `在 ${[...(settings.knowledgeBases ?? []), ...(settings.web === true ? ['网络'] : [])].join('、')} 中没有找到能回答这个问题的内容。`;
}
