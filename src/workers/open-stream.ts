import { streamSocketPath } from '../local-socket.js';
import { openTokenStream } from '../streaming/open-token-stream.js';
import type { TokenStreamClient } from '../streaming/socket-client.js';
import type { WorkerSettings } from './opened-worker.js';

/** Opens the token stream that a worker's settings name. @param atOnce as in `OpenTokenStreamOptions` */
export function openStream(
  { config, home, namespace, logger }: WorkerSettings,
  { atOnce = false }: { readonly atOnce?: boolean } = {},
): Promise<TokenStreamClient> {
  return openTokenStream({
    redisUrl: config.redisUrl,
    namespace,
    socketPath: streamSocketPath(home),
    onNotice: (line) => logger.warn(line),
    atOnce,
  });
}
