import { defineQuery } from '@temporalio/workflow';
import type { IngestionStatus } from '../../domain/knowledge/ingestion.js';

/** Messages of an ingestion. The client imports this file, so it contains no workflow code. */
export const getIngestionQuery = defineQuery<IngestionStatus>('getStatus');
