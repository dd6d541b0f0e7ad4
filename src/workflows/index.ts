export { answerWithSourcesWorkflow } from './answer/answer-with-sources.js';
export { chatSessionWorkflow } from './session/chat-session.js';
export { deleteSessionWorkflow } from './session/delete-session.js';
export { expertWorkflow } from './panel/expert.js';
export { ingestDocumentsWorkflow } from './knowledge/ingest-documents.js';
export {
  createKnowledgeBaseWorkflow,
  deleteKnowledgeBaseWorkflow,
  listDocumentsWorkflow,
  listKnowledgeBasesWorkflow,
  removeDocumentWorkflow,
  searchKnowledgeWorkflow,
} from './knowledge/knowledge-bases.js';
export { panelWorkflow } from './panel/panel.js';
export { readArchivedPathWorkflow, readArchivedTurnsWorkflow, readUserUsageWorkflow } from './session/read-archive.js';
