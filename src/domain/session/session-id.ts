const SESSION_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** Workflow id of a session, as the Temporal UI lists it. */
export function sessionWorkflowId(sessionId: string): string {
  return `chat-session/${sessionId}`;
}

/** The session of a workflow id, or undefined if the id is not a session's. */
export function sessionIdOfWorkflow(workflowId: string): string | undefined {
  const sessionId = workflowId.startsWith('chat-session/') ? workflowId.slice('chat-session/'.length) : '';
  return SESSION_ID.test(sessionId) ? sessionId : undefined;
}

/** @returns the fault of the id, or undefined if it is valid. Ids become part of URLs and file names, hence the narrow alphabet. */
export function faultOfSessionId(sessionId: string): string | undefined {
  if (SESSION_ID.test(sessionId)) return undefined;
  return `Session id ${JSON.stringify(sessionId.slice(0, 40))} is not valid: use 1 to 100 letters, digits, ".", "_" or "-".`;
}
