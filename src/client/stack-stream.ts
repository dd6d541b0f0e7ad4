import { resolveHome } from '../artefacts/home.js';
import { streamSocketPath } from '../local-socket.js';
import { openTokenStream } from '../streaming/open-token-stream.js';
import type { TokenStreamClient } from '../streaming/socket-client.js';
import { readStackState } from '../run-folder/stack-state.js';

export interface StackStreamOptions {
  /** Temporal's. */
  readonly namespace: string;
  /** Called if a Redis is configured but live text is not available. */
  readonly onNotice: (message: string) => void;
}

/**
 * The token stream of the configured Redis, or else of the stack that is running on this machine with the same `COLLOQUY_HOME`. It is looked up
 * whenever a reader begins, so the stack may start later. It is open only while there are readers or unsent messages, so a program that does not
 * close its client still ends. Without a stack and a Redis, nothing is read or sent.
 */
export function createStackStream(
  env: NodeJS.ProcessEnv,
  { namespace, onNotice }: StackStreamOptions,
): TokenStreamClient {
  const redisUrl = env['COLLOQUY_REDIS_URL'] || undefined;
  const home = resolveHome(env);
  let opened: { readonly client: Promise<TokenStreamClient>; users: number } | undefined;
  const closing = new Set<Promise<void>>();

  const open = (): Promise<TokenStreamClient> | undefined => {
    if (opened !== undefined) {
      opened.users++;
      return opened.client;
    }
    const stack = readStackState(home);
    if (stack === undefined && redisUrl === undefined) return undefined;
    const socketPath = stack?.streamSocket ?? streamSocketPath(home);
    opened = { client: openTokenStream({ redisUrl, namespace, socketPath, onNotice }), users: 1 };
    return opened.client;
  };
  const release = (): void => {
    if (opened === undefined || --opened.users > 0) return;
    const { client } = opened;
    opened = undefined;
    const closed = client.then((each) => each.close()).finally(() => closing.delete(closed));
    closing.add(closed);
  };

  return {
    publish(sessionId, event) {
      const client = open();
      // Closing first sends what was published.
      void client?.then((each) => each.publish(sessionId, event)).finally(release);
    },
    async *subscribe(sessionId, options) {
      const client = open();
      if (client === undefined) return;
      try {
        yield* (await client).subscribe(sessionId, options);
      } finally {
        release();
      }
    },
    async close() {
      const last = opened?.client;
      await Promise.all([...closing, last?.then((each) => each.close())]);
    },
  };
}
