import type { Migration } from '../migrate.js';
import { transcripts } from './0001-transcripts.js';

/** In order. A migration that was released is never changed; the next one changes what it made. */
export const MIGRATIONS: readonly Migration[] = [transcripts];
