import type { ParsedDocument } from '../../domain/knowledge/retrieval.js';
import type { DocumentFailureType } from '../document-error.js';
import type { DocumentLimits } from '../document-limits.js';
import type { BytesKind, TextKind } from './document-kind.js';

/** Task of the parser process. It receives text as UTF-8, whatever the original encoding. */
export interface ParserTask {
  readonly type: 'parse';
  readonly kind: BytesKind | TextKind;
  /** For messages. */
  readonly name: string;
  readonly limits: DocumentLimits;
}

export type ParserReport =
  | { readonly type: 'parsed'; readonly parsed: ParsedDocument }
  /** Without a failure type, the error is unexpected. */
  | { readonly type: 'failed'; readonly failureType: DocumentFailureType | undefined; readonly message: string };

export function isParserTask(message: unknown): message is ParserTask {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'parse';
}

export function isParserReport(message: unknown): message is ParserReport {
  return (
    typeof message === 'object' &&
    message !== null &&
    'type' in message &&
    (message.type === 'parsed' || message.type === 'failed')
  );
}
