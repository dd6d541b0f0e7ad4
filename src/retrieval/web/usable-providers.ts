import { createBrave } from './brave.js';
import { createGoogle } from './google.js';
import { createNewsApi } from './news-api.js';
import { createSearxng } from './searxng.js';
import type { WebSearchProvider } from './web-search-provider.js';

/** The operator's settings. Keys are never logged and never part of a message. */
export interface WebSearchSettings {
  readonly searxngUrl: string | undefined;
  readonly braveApiKey: string | undefined;
  readonly googleApiKey: string | undefined;
  readonly googleCx: string | undefined;
  readonly newsApiKey: string | undefined;
}

/** One kind of provider, and whether it can be used. */
export interface ProviderState {
  readonly name: string;
  readonly title: string;
  /** Undefined if a setting is missing. */
  readonly provider: WebSearchProvider | undefined;
  /** Environment variables that still have to be set. */
  readonly missing: readonly string[];
  /** Whether some of them are set, which means that the operator intended to use it. */
  readonly isBegun: boolean;
}

/** All providers, in order of preference. */
export function providerStates(settings: WebSearchSettings): ProviderState[] {
  const { searxngUrl, braveApiKey, googleApiKey, googleCx, newsApiKey } = settings;
  return [
    state(
      'searxng',
      'SearXNG',
      { COLLOQUY_SEARXNG_URL: searxngUrl },
      searxngUrl === undefined ? undefined : createSearxng({ url: searxngUrl }),
    ),
    state(
      'brave',
      'Brave',
      { COLLOQUY_BRAVE_API_KEY: braveApiKey },
      braveApiKey === undefined ? undefined : createBrave({ apiKey: braveApiKey }),
    ),
    state(
      'google',
      'Google Custom Search',
      { COLLOQUY_GOOGLE_API_KEY: googleApiKey, COLLOQUY_GOOGLE_CX: googleCx },
      googleApiKey === undefined || googleCx === undefined
        ? undefined
        : createGoogle({ apiKey: googleApiKey, cx: googleCx }),
    ),
    state(
      'news',
      'NewsAPI',
      { COLLOQUY_NEWS_API_KEY: newsApiKey },
      newsApiKey === undefined ? undefined : createNewsApi({ apiKey: newsApiKey }),
    ),
  ];
}

/** The usable providers, best first; empty without settings. */
export function usableProviders(settings: WebSearchSettings): WebSearchProvider[] {
  return providerStates(settings).flatMap(({ provider }) => provider ?? []);
}

function state(
  name: string,
  title: string,
  variables: Readonly<Record<string, string | undefined>>,
  provider: WebSearchProvider | undefined,
): ProviderState {
  const missing = Object.keys(variables).filter((variable) => variables[variable] === undefined);
  return { name, title, provider, missing, isBegun: missing.length < Object.keys(variables).length };
}
