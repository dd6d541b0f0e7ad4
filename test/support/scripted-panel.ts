import type { ExpertProfile } from '../../src/domain/panel/expert.js';
import type { GenerateRequest } from '../../src/inference/language-model.js';
import type { Script, ScriptedReply } from '../../src/inference/scripted-model.js';

export function expert(name: string, more: Partial<ExpertProfile> = {}): ExpertProfile {
  return { name, responsibility: `Knows all about ${name}.`, persona: `You are ${name}.`, ...more };
}

/** Which step of a panel a request is, and whose. */
export interface PanelRequest {
  readonly step: 'plan' | 'verdict' | 'choice' | 'synthesis' | 'answer' | 'assessment';
  /** Of an expert's steps. */
  readonly expert: string;
  readonly text: string;
}

export function panelRequest({ prompt, jsonSchema }: GenerateRequest): PanelRequest {
  if (prompt.type !== 'chat') throw new Error('no chat');
  const text = prompt.messages.at(-1)?.text ?? '';
  const name = /^You are ([a-z0-9-]+)\./u.exec(prompt.persona ?? '')?.[1] ?? '';
  const keys = Object.keys(jsonSchema?.properties ?? {});
  const step = keys.includes('questions')
    ? 'plan'
    : keys.includes('enough')
      ? 'verdict'
      : keys.includes('best')
        ? 'choice'
        : keys.includes('confidence')
          ? 'assessment'
          : name === ''
            ? 'synthesis'
            : 'answer';
  return { step, expert: name, text };
}

export const SURE = '{"confidence":"high","sources":["own knowledge"],"withinResponsibility":true}';
export const ENOUGH = '{"disagreements":[],"enough":true,"followUps":[]}';

export function plan(
  ...questions: readonly (readonly [expert: string, question: string, after?: readonly string[]])[]
): string {
  return JSON.stringify({
    questions: questions.map(([name, question, after = []]) => ({ expert: name, question, after })),
  });
}

/** A model for a panel: what a step is not told, it does well and at once. */
export function panelScript(
  steps: Partial<Record<PanelRequest['step'], (request: PanelRequest, count: number) => ScriptedReply>> = {},
): Script {
  const counts = new Map<string, number>();
  return (request) => {
    const asked = panelRequest(request);
    const count = (counts.get(asked.step) ?? 0) + 1;
    counts.set(asked.step, count);
    const told = steps[asked.step]?.(asked, count);
    if (told !== undefined) return told;
    switch (asked.step) {
      case 'plan':
        return '{"questions":[]}';
      case 'verdict':
        return ENOUGH;
      case 'choice':
        return '{"best":1}';
      case 'assessment':
        return SURE;
      case 'synthesis':
        return 'All in all, so be it.';
      case 'answer':
        return `${asked.expert} says so`;
    }
  };
}
