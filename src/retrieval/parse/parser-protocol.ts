import type { DocumentFailureType } from '../document-error.js';
import type { DocumentLimits } from '../document-limits.js';
import type { ParsedText } from './parsed-text.js';

/** What the parser's process is told. HTML comes to it as UTF-8, whatever it was. */
export interface ParserTask {
  readonly type: 'parse';
  readonly kind: 'pdf' | 'docx' | 'html';
  /** For messages. */
  readonly name: string;
  readonly limits: DocumentLimits;
}

export type ParserReport =
  | { readonly type: 'parsed'; readonly parsed: ParsedText }
  /** Without a failure type it is an error that was not foreseen. */
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
