import type { FailureType } from '../domain/failure-types.js';
import { KnownFailure } from '../domain/known-failure.js';
import type { KnownFailureOptions } from '../domain/known-failure.js';

export type DocumentFailureType = Extract<FailureType, `Document.${string}`>;

/** Why a document could not be added to the knowledge base. The message is one line: the document, the fault, and what to do. */
export class DocumentError extends KnownFailure<DocumentFailureType> {
  override readonly name = 'DocumentError';

  constructor(type: DocumentFailureType, message: string, options?: KnownFailureOptions) {
    super(type, message.replace(/\s+/gu, ' ').trim(), options);
  }
}
