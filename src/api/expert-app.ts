import type { Hono } from 'hono';
import type { ExpertProfile } from '../domain/panel/expert.js';
import { createQuestionApp } from './question-app.js';
import type { QuestionAppOptions } from './question-app.js';

export interface ExpertAppOptions extends Pick<QuestionAppOptions, 'answer' | 'timeoutMs' | 'token' | 'onUnforeseen'> {
  readonly profile: ExpertProfile;
}

/** An expert over HTTP: `POST /chat {"intent": text}` → `{"response": text}`. */
export function createExpertApp({ profile, ...options }: ExpertAppOptions): Hono {
  const { name, responsibility } = profile;
  return createQuestionApp({ ...options, path: '/chat', field: 'intent', introduction: { name, responsibility } });
}
