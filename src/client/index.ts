export { ColloquyError } from './colloquy-error.js';
export { createColloquyClient } from './colloquy-client.js';
export type { ColloquyClient, ColloquyClientOptions } from './colloquy-client.js';
export type { ListSessionsOptions, StartSessionOptions } from './sessions-client.js';
export type { StartPanelOptions } from './panels-client.js';
export type { SessionFilter, SessionStatusFilter } from './session-query.js';
export type { AskSourcesOptions } from './ask-sources.js';
export { connectRedisStream, RedisUrlError } from '../streaming/redis-stream.js';
export type { RedisStreamOptions } from '../streaming/redis-stream.js';
export { connect } from './connect.js';
export type { ConnectOptions } from './connect.js';
export type { AnswerProgress } from './read-stream.js';
export type { Transcript } from './read-transcript.js';
export type { AskOptions, SendOptions, SessionHandle } from './session-handle.js';
export type { SessionSummary } from './session-summary.js';
export type { SessionStatus } from '../domain/session/session-status.js';
export type { SendMessageResult } from '../workflows/session/session-messages.js';
export type { PanelHandle, PanelSummary } from './panel-handle.js';
export type { ExpertProfile } from '../domain/panel/expert.js';
export type { PanelSettings } from '../domain/panel/panel.js';
export { renderResult } from '../domain/panel/render-result.js';
export type { PanelResult } from '../domain/panel/result.js';
export type { PanelStatus } from '../domain/panel/status.js';
export type {
  CreatedKnowledgeBase,
  CreateKnowledgeBaseOptions,
  KnowledgeBase,
  KnowledgeClient,
  KnowledgeDocument,
  ListDocumentsOptions,
} from './knowledge-client.js';
export type { IngestionHandle, IngestionProgress } from './ingestion-handle.js';
export type {
  DocumentProgress,
  IngestionFault,
  IngestionNote,
  IngestionRequest,
  IngestionStatus,
} from '../domain/knowledge/ingestion.js';
export type { AnswerSources, SourceSettings } from '../domain/answer/answer-sources.js';
export type { Citation, SourcedAnswer } from '../domain/answer/citations.js';
export type { GroundedSource } from '../domain/answer/grounded-source.js';
export type { SourcedResult } from '../domain/session/sourced-question.js';
export type { SearchHit, SearchRequest, SearchResult, SearchStage } from '../domain/knowledge/retrieval.js';
