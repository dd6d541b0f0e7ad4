import type { Hono } from 'hono';
import { isLoopback } from '../../api/loopback.js';
import { serveApp } from '../../api/serve-app.js';
import type { CliContext } from '../context.js';
import { abortOnInterrupt } from '../interrupt.js';
import type { ServeOptions } from './serve-options.js';

/** Serves until Ctrl-C. A second Ctrl-C does not wait for open requests. */
export async function serve(
  { config, terminal }: CliContext,
  { host, port }: ServeOptions,
  what: string,
  app: Hono,
): Promise<void> {
  if (!isLoopback(host) && config.apiToken === undefined) {
    terminal.note(
      `warning: other machines can reach ${host}, and anybody there can send requests. Set COLLOQUY_API_TOKEN, or omit --host.`,
    );
  }
  const signal = abortOnInterrupt();
  signal.addEventListener('abort', () =>
    terminal.note('Stopping after the open requests are answered. Press Ctrl-C again to stop at once.'),
  );
  await serveApp(app, {
    host,
    port,
    signal,
    onReady: ({ url }) => terminal.note(`${what} is served at ${url}. Ctrl-C stops it.`),
  });
}

/** Logs an error of a server on one line. Unexpected errors show their stack only with --verbose. */
export function noteUnforeseen({ terminal, options }: CliContext): (error: unknown) => void {
  return (error) => {
    const text =
      error instanceof Error ? ((options.verbose ? error.stack : undefined) ?? error.message) : String(error);
    terminal.note(`error: ${text} (unexpected; use --verbose for details)`);
  };
}
