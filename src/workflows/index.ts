export { chatSessionWorkflow } from './chat-session.js';
export { deleteSessionWorkflow } from './delete-session.js';
export { readArchivedPathWorkflow, readArchivedTurnsWorkflow, readUserUsageWorkflow } from './read-archive.js';
