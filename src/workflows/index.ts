export { chatSessionWorkflow } from './chat-session.js';
export { deleteSessionWorkflow } from './delete-session.js';
export { expertWorkflow } from './expert.js';
export { panelWorkflow } from './panel.js';
export { readArchivedPathWorkflow, readArchivedTurnsWorkflow, readUserUsageWorkflow } from './read-archive.js';
