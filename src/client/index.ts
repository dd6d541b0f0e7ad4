export { ColloquyError } from './colloquy-error.js';
export { createColloquyClient } from './colloquy-client.js';
export type { ColloquyClient, ColloquyClientOptions, StartSessionOptions } from './colloquy-client.js';
export { connect } from './connect.js';
export type { ConnectOptions } from './connect.js';
export type { AskOptions, SendOptions, SessionHandle, Transcript } from './session-handle.js';
export type { SessionSummary } from './session-summary.js';
export type { SendMessageResult, SessionStatus } from '../workflows/session-messages.js';
