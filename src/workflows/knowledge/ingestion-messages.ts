import { defineQuery } from '@temporalio/workflow';
import type { IngestionStatus } from '../../domain/knowledge/ingestion.js';

/** What can be asked of an ingestion. The client imports this file; nothing runs here. */
export const getIngestionQuery = defineQuery<IngestionStatus>('getStatus');
