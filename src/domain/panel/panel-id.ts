/** Long enough for a session's id with the number of a turn. */
const PANEL_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/u;

/** Workflow id of a panel, as the Temporal UI lists it. */
export function panelWorkflowId(panelId: string): string {
  return `panel/${panelId}`;
}

/** The panel of a workflow id, or undefined if the id is not a panel's. */
export function panelIdOfWorkflow(workflowId: string): string | undefined {
  const panelId = workflowId.startsWith('panel/') ? workflowId.slice('panel/'.length) : '';
  return PANEL_ID.test(panelId) ? panelId : undefined;
}

/** Workflow id of one question to one expert. Each id is used once, so a finished question is never asked again. */
export function expertWorkflowId(panelId: string, expert: string, questionId: string): string {
  return `${panelWorkflowId(panelId)}/expert/${expert}/${questionId}`;
}

/** @returns the fault of the id, or undefined if it is valid. */
export function faultOfPanelId(panelId: string): string | undefined {
  if (PANEL_ID.test(panelId)) return undefined;
  return `Panel id ${JSON.stringify(panelId.slice(0, 40))} is not valid: use 1 to 120 letters, digits, ".", "_" or "-".`;
}
