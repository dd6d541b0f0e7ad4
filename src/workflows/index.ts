export { answerWithSourcesWorkflow } from './answer-with-sources.js';
export { chatSessionWorkflow } from './session/chat-session.js';
export { deleteSessionWorkflow } from './session/delete-session.js';
export { expertWorkflow } from './expert.js';
export { ingestDocumentsWorkflow } from './ingest-documents.js';
export {
  createKnowledgeBaseWorkflow,
  deleteKnowledgeBaseWorkflow,
  listDocumentsWorkflow,
  listKnowledgeBasesWorkflow,
  removeDocumentWorkflow,
  searchKnowledgeWorkflow,
} from './knowledge-bases.js';
export { panelWorkflow } from './panel.js';
export { readArchivedPathWorkflow, readArchivedTurnsWorkflow, readUserUsageWorkflow } from './read-archive.js';
