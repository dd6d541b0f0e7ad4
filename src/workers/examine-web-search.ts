import { searxngEndpoint } from '../retrieval/web/searxng.js';
import { providerStates, type WebSearchSettings } from '../retrieval/web/usable-providers.js';
import type { Finding } from './finding.js';

const LONGEST_MS = 3_000;

/**
 * Checks which web searches can be used. It sends SearXNG a request, but does not try API keys,
 * because each search counts against their quota.
 */
export async function examineWebSearch(settings: WebSearchSettings): Promise<Finding[]> {
  const begun = providerStates(settings).filter(({ isBegun }) => isBegun);
  if (begun.length === 0) {
    const advice = 'To have one, set COLLOQUY_SEARXNG_URL, or a key (.env.example).';
    return [{ state: 'note', subject: 'web search', found: 'none is set up', advice }];
  }
  return Promise.all(
    begun.map(async ({ name, title, missing }): Promise<Finding> => {
      const subject = 'web search';
      if (missing.length > 0) {
        const found = `${title} lacks ${missing.join(' and ')}`;
        return { state: 'note', subject, found, advice: 'Set it, or unset the other one.' };
      }
      const { searxngUrl } = settings;
      if (name === 'searxng' && searxngUrl !== undefined) return examineSearxng(subject, searxngUrl);
      return { state: 'ok', subject, found: `${title}, by its key, which was not tried` };
    }),
  );
}

/** Sends a request without a query, which reaches no search engine: an instance with JSON enabled answers 400, one without it 403. */
async function examineSearxng(subject: string, url: string): Promise<Finding> {
  const { target, headers } = searxngEndpoint(url);
  try {
    const response = await fetch(target, { headers, redirect: 'manual', signal: AbortSignal.timeout(LONGEST_MS) });
    await response.body?.cancel();
    const { status } = response;
    if (status === 400 || response.ok) return { state: 'ok', subject, found: `SearXNG answers at ${target.origin}` };
    const found = `SearXNG at ${target.origin} answers ${status}`;
    const advice =
      status === 403
        ? 'List "json" under search.formats in its settings.yml.'
        : 'Set COLLOQUY_SEARXNG_URL to its address, and look at its log.';
    return { state: 'note', subject, found, advice };
  } catch {
    const advice = 'Start it, or set COLLOQUY_SEARXNG_URL to where it runs.';
    return { state: 'note', subject, found: `no SearXNG answers at ${target.origin}`, advice };
  }
}
