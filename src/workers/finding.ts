/** One thing that was looked at. */
export interface Finding {
  /** `note`: good to know, e.g. something that will be fetched; `fault`: keeps the stack from working. */
  readonly state: 'ok' | 'note' | 'fault';
  readonly subject: string;
  readonly found: string;
  /** What to do about it. */
  readonly advice?: string;
}
