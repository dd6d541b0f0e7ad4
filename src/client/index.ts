export { ColloquyError } from './colloquy-error.js';
export { createColloquyClient } from './colloquy-client.js';
export type {
  ColloquyClient,
  ColloquyClientOptions,
  ListSessionsOptions,
  StartSessionOptions,
} from './colloquy-client.js';
export type { SessionFilter, SessionStatusFilter } from './session-query.js';
export { connectRedisStream, RedisUrlError } from '../streaming/redis-stream.js';
export type { RedisStreamOptions } from '../streaming/redis-stream.js';
export { connect } from './connect.js';
export type { ConnectOptions } from './connect.js';
export type { Transcript } from './read-transcript.js';
export type { AskOptions, SendOptions, SessionHandle } from './session-handle.js';
export type { SessionSummary } from './session-summary.js';
export type { SendMessageResult, SessionStatus } from '../workflows/session-messages.js';
