/**
 * Why an artefact could not be had. `unavailable`: no source gave it; `damaged`: the file on disk is not the one expected;
 * `not-writable`: the data folder refuses writing; `no-space`: the disk has no room; `cancelled`: the signal aborted.
 */
export type ArtefactErrorKind = 'unavailable' | 'damaged' | 'not-writable' | 'no-space' | 'cancelled';

/** What the set-up throws for every foreseeable case. The message is written for users and says what to do. */
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
