import type { Migration } from '../migrate.js';
import { transcripts } from './0001-transcripts.js';
import { knowledge } from './1001-knowledge.js';
import { termsVersion } from './1002-terms-version.js';

/** In order. A migration that was released is never changed; the next one changes what it made. */
export const MIGRATIONS: readonly Migration[] = [transcripts];

/** Likewise, from 1001: run where knowledge bases are used, after the others. */
export const KNOWLEDGE_MIGRATIONS: readonly Migration[] = [knowledge, termsVersion];
