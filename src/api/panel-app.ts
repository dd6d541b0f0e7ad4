import type { Hono } from 'hono';
import type { ExpertProfile } from '../domain/panel/expert.js';
import { createQuestionApp } from './question-app.js';
import type { GivenAnswer, QuestionAppOptions, QuestionOptions } from './question-app.js';

export interface PanelRequest {
  readonly task: string;
  readonly coordinator: ExpertProfile;
  readonly experts: readonly ExpertProfile[];
}

export interface PanelAnswer extends GivenAnswer {
  /** Experts that did not answer, with the reasons. */
  readonly absent: readonly { readonly expert: string; readonly reason: string }[];
}

/** Runs a panel as a workflow. A request with a known key joins the panel that it started. */
export type RunPanel = (request: PanelRequest, options: QuestionOptions) => Promise<PanelAnswer>;

export interface PanelAppOptions extends Pick<QuestionAppOptions, 'timeoutMs' | 'token' | 'onUnforeseen'> {
  readonly coordinator: ExpertProfile;
  readonly experts: readonly ExpertProfile[];
  readonly runPanel: RunPanel;
}

/** A panel over HTTP: `POST /integrate {"task": text}` → `{"response": text, "absent": […]}`. */
export function createPanelApp({ coordinator, experts, runPanel, ...options }: PanelAppOptions): Hono {
  return createQuestionApp({
    ...options,
    path: '/integrate',
    field: 'task',
    introduction: {
      name: coordinator.name,
      responsibility: coordinator.responsibility,
      experts: experts.map(({ name }) => name),
    },
    answer: (task, asked) => runPanel({ task, coordinator, experts }, asked),
  });
}
