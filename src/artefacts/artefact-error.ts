/**
 * The reason why an artefact is not available. `unavailable`: no source provided it; `damaged`: the file on disk is not the expected one;
 * `not-writable`: the data folder cannot be written; `no-space`: the disk is full; `cancelled`: the signal aborted.
 */
export type ArtefactErrorKind = 'unavailable' | 'damaged' | 'not-writable' | 'no-space' | 'cancelled';

/** A foreseeable failure of the set-up. The message is written for users and says what to do. */
export class ArtefactError extends Error {
  override readonly name = 'ArtefactError';

  constructor(
    readonly kind: ArtefactErrorKind,
    message: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
  }
}
