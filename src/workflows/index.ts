export { chatSessionWorkflow } from './chat-session.js';
export { deleteSessionWorkflow } from './delete-session.js';
export { readArchivedPathWorkflow, readArchivedTurnsWorkflow } from './read-archive.js';
