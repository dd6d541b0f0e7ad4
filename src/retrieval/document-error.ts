import type { FailureType } from '../domain/failure-types.js';

export type DocumentFailureType = Extract<FailureType, `Document.${string}`>;

/** Why a document is not in the knowledge base. The message is one line: which document, what is wrong, what to do. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';

  constructor(
    readonly type: DocumentFailureType,
    message: string,
    readonly options: {
      readonly cause?: unknown;
      /** Whether the same call may succeed later. Default: for `Document.Unreachable` only. */
      readonly retryable?: boolean;
    } = {},
  ) {
    super(message.replace(/\s+/gu, ' ').trim(), { cause: options.cause });
  }

  get isRetryable(): boolean {
    return this.options.retryable ?? this.type === 'Document.Unreachable';
  }
}
