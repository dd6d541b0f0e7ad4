import { z } from 'zod';
import { guardedFetch, type GuardedFetchOptions } from '../net/guarded-fetch.js';
import { GuardedFetchError } from '../net/guarded-fetch-error.js';
import { createHostAllowList } from '../net/host-allow-list.js';
import { defineTool, type Tool } from './tool.js';
import { ToolError } from './tool-error.js';

const TIMEOUT_MS = 10_000;

export interface HttpFetchOptions {
  /** Host patterns in the syntax of `createHostAllowList`. */
  readonly allow: readonly string[];
  /** For tests: see `GuardedFetchOptions`. */
  readonly connection?: Pick<GuardedFetchOptions, 'resolve' | 'mayConnectTo'>;
}

/** Reads pages of allowed hosts. */
export function createHttpFetch({ allow, connection }: HttpFetchOptions): Tool {
  const allows = createHostAllowList(allow);
  const hosts = allow.length === 0 ? 'None is allowed yet.' : `Allowed hosts: ${allow.join(', ')}.`;
  return defineTool({
    name: 'http-fetch',
    description: `Reads the text of a web page. ${hosts}`,
    parameters: z.object({ url: z.string().min(1).max(500).describe('e.g. https://example.org/page') }),
    examples: [{ message: 'What does https://example.org/news say?', arguments: { url: 'https://example.org/news' } }],
    // The fetch enforces its own timeout, with a better message.
    timeoutMs: TIMEOUT_MS + 1_000,
    maxAttempts: 3,
    async run({ url }, { signal }) {
      if (allow.length === 0) {
        throw new ToolError(
          'Tool.Failed',
          'No host may be asked: COLLOQUY_FETCH_ALLOW of the tools worker names none.',
        );
      }
      try {
        const page = await guardedFetch(url, { ...connection, signal, allows, timeoutMs: TIMEOUT_MS });
        return /html/u.test(page.contentType) ? await readPage(page.text) : page.text;
      } catch (error) {
        if (!(error instanceof GuardedFetchError)) throw error;
        throw new ToolError('Tool.Failed', error.message, { cause: error, retryable: error.isRetryable });
      }
    },
  });
}

/** Puts the title first, unless the page begins with it. */
async function readPage(html: string): Promise<string> {
  // Imported here so that commands that only list tools do not load a parser.
  const { parseHtml } = await import('../retrieval/parse/parse-html.js');
  const { title, text } = parseHtml(html);
  return title === '' || text.startsWith(title) ? text : `${title}\n\n${text}`.trimEnd();
}
