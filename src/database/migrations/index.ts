import type { Migration } from '../migrate.js';
import { transcripts } from './0001-transcripts.js';
import { knowledge } from './1001-knowledge.js';
import { termsVersion } from './1002-terms-version.js';

/** In order. Never change a released migration; add another one that changes its result. */
export const MIGRATIONS: readonly Migration[] = [transcripts];

/** The same for knowledge bases, from 1001. They run where knowledge bases are used, after the others. */
export const KNOWLEDGE_MIGRATIONS: readonly Migration[] = [knowledge, termsVersion];
