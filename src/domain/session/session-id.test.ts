import { expect, it } from 'vitest';
import { faultOfSessionId, sessionIdOfWorkflow, sessionWorkflowId } from './session-id.js';

it.each(['a', '20260131-7k2m9x4a', 'user_1.support'])('accepts %j', (sessionId) => {
  expect(faultOfSessionId(sessionId)).toBeUndefined();
  expect(sessionIdOfWorkflow(sessionWorkflowId(sessionId))).toBe(sessionId);
});

it.each(['', '../etc/passwd', 'a/b', '-rf', '.hidden', 'a b', 'ä', 'x'.repeat(101)])('refuses %j', (sessionId) => {
  expect(faultOfSessionId(sessionId)).toMatch(/not valid/u);
  expect(sessionIdOfWorkflow(sessionWorkflowId(sessionId))).toBeUndefined();
});

it('knows that other workflows are no sessions', () => {
  expect(sessionIdOfWorkflow('panel/1')).toBeUndefined();
});
