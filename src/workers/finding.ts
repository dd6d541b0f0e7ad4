/** The result of one check. */
export interface Finding {
  /** `note`: useful information, e.g. a file that will be fetched; `fault`: prevents the stack from working. */
  readonly state: 'ok' | 'note' | 'fault';
  readonly subject: string;
  readonly found: string;
  /** How to resolve it. */
  readonly advice?: string;
}
