import { z } from 'zod';
import { ConfigError } from './config-error.js';
import { faultOfHostPattern } from './net/host-allow-list.js';
import type { WebSearchSettings } from './retrieval/web/usable-providers.js';

/**
 * Every environment variable that Colloquy reads; `.env.example` lists them for users. Temporal's own (`TEMPORAL_ADDRESS`,
 * `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, TLS …) are read by its own library.
 */
const port = wholeNumber(1, 65_535);

const URL_FAULT = 'give an address such as http://127.0.0.1:8000/v1';
const SEARXNG_FAULT = 'give an address such as http://127.0.0.1:8080';
const KEY_FAULT = 'give a key as it was issued, without spaces';
const SNAPSHOT_FAULT = 'give a number of gigabytes, or 0 for none';

const DATABASE_FAULT = 'give postgres://USER:PASSWORD@HOST:PORT/NAME, with special characters percent-encoded';
const BUILD_ID_FAULT = 'give 1 to 100 letters, digits, ".", "_", "+", ":" or "-"';
// The server parts a version's name from its build at the first dot.
const DEPLOYMENT_NAME_FAULT = 'give 1 to 100 letters, digits, "_" or "-"';

// source: RFC 6750, section 2.1
const TOKEN = /^[A-Za-z0-9._~+/-]{8,}=*$/u;
const TOKEN_FAULT = 'give at least 8 letters, digits, ".", "_", "~", "+", "/" or "-"';

const environmentSchema = z.object({
  /** Downloads, the embedded databases, logs. Default: see `artefacts/home.ts`. */
  COLLOQUY_HOME: z.string().min(1).optional(),
  COLLOQUY_MODEL: z.string().min(1).default('smollm2-135m-instruct'),
  /** Makes the vectors of knowledge bases. */
  COLLOQUY_EMBEDDING_MODEL: z.string().min(1).default('multilingual-e5-small'),
  /** Tokens of one text, for servers that do not tell. */
  COLLOQUY_EMBEDDING_TOKENS: wholeNumber(64, Number.MAX_SAFE_INTEGER).optional(),
  /** Path of the GGUF file of a cross-encoder. Default: search results are not reranked. */
  COLLOQUY_RERANK_MODEL: z.string().min(1).optional(),
  COLLOQUY_PERSONA: z.string().min(1).optional(),
  COLLOQUY_TEMPORAL_PORT: port.default(7233),
  COLLOQUY_UI_PORT: port.default(8233),
  COLLOQUY_GPU: z.enum(['auto', 'off', 'cuda', 'vulkan', 'metal']).default('auto'),
  /** Compute threads of the engine. Default: the cores this process may use, but one. */
  COLLOQUY_THREADS: wholeNumber(1, 1024).optional(),
  /**
   * Engines that a model may have on a CPU, each a process with as many threads and a KV cache of its own; the second starts when two
   * answers meet. Default: as many as the cores allow, but 1 where threads are given.
   */
  COLLOQUY_ENGINES: wholeNumber(1, 64).optional(),
  /** Tokens that prompt and answer may take together. Default: what the model was trained for, as far as memory allows. */
  COLLOQUY_CONTEXT_TOKENS: wholeNumber(256, Number.MAX_SAFE_INTEGER).optional(),
  /** Answers written at the same time. Default: chosen from memory. */
  COLLOQUY_SEQUENCES: wholeNumber(1, 256).optional(),
  /** Layers on the GPU. Default: as many as fit. */
  COLLOQUY_GPU_LAYERS: wholeNumber(0, 1024).optional(),
  /** Disk space for states of conversations that left the model's memory; 0 keeps none. */
  COLLOQUY_SNAPSHOT_GB: z.coerce.number(SNAPSHOT_FAULT).min(0, SNAPSHOT_FAULT).default(4),
  /** Carries live text across machines; what is wrong with it is told where it is used, for work goes on without. */
  COLLOQUY_REDIS_URL: z.string().optional(),
  /** A PostgreSQL server for transcripts. Default: an embedded one that `colloquy start` runs. */
  DATABASE_URL: z
    .string()
    .refine((url) => /^postgres(ql)?:\/\//u.test(url) && URL.canParse(url), DATABASE_FAULT)
    .optional(),
  /** Ollama's own: where its server is. */
  OLLAMA_HOST: z.string().min(1).optional(),
  /** Of the server of models named `openai:NAME`, with the version. Default: vLLM's own. */
  COLLOQUY_OPENAI_BASE_URL: z.url({ protocol: /^https?$/u, error: URL_FAULT }).default('http://127.0.0.1:8000/v1'),
  /** Never logged, and never part of a message. */
  COLLOQUY_OPENAI_API_KEY: z.string().min(1).optional(),
  /** Modules of tools, by commas. */
  COLLOQUY_TOOLS: list().default([]),
  /** Folder of experts' files, before those that come with Colloquy. Default: `experts` in the working directory, if it is there. */
  COLLOQUY_EXPERTS: z.string().min(1).optional(),
  /** What callers of the HTTP interface must show. Never logged. */
  COLLOQUY_API_TOKEN: z.string().regex(TOKEN, TOKEN_FAULT).optional(),
  /** What experts on other machines are shown. Never logged. */
  COLLOQUY_EXPERT_TOKEN: z.string().regex(TOKEN, TOKEN_FAULT).optional(),
  /** Hosts that the tool `http-fetch` may ask, by commas. */
  COLLOQUY_FETCH_ALLOW: list()
    .superRefine((patterns, context) => {
      const faults = patterns.map((pattern) => faultOfHostPattern(pattern)).filter((fault) => fault !== undefined);
      if (faults.length > 0) context.addIssue(faults.join(', '));
    })
    .default([]),
  /** A SearXNG, for web searches. May hold a password. */
  COLLOQUY_SEARXNG_URL: z.url({ protocol: /^https?$/u, error: SEARXNG_FAULT }).optional(),
  /** Keys of other web searches. Never logged, and never part of a message. */
  COLLOQUY_BRAVE_API_KEY: key().optional(),
  COLLOQUY_GOOGLE_API_KEY: key().optional(),
  /** The id of the search engine that the key is used with. */
  COLLOQUY_GOOGLE_CX: key().optional(),
  COLLOQUY_NEWS_API_KEY: key().optional(),
  /** The version that a worker for sessions runs as; without it, none. */
  COLLOQUY_BUILD_ID: z
    .string()
    .regex(/^[A-Za-z0-9][\w.+:-]{0,99}$/u, BUILD_ID_FAULT)
    .optional(),
  COLLOQUY_DEPLOYMENT_NAME: z
    .string()
    .regex(/^[A-Za-z0-9][\w-]{0,99}$/u, DEPLOYMENT_NAME_FAULT)
    .default('colloquy'),
  COLLOQUY_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
});

export interface Config {
  readonly home: string | undefined;
  readonly model: string;
  readonly embeddingModel: string;
  readonly embeddingTokens: number | undefined;
  readonly rerankModel: string | undefined;
  readonly persona: string | undefined;
  readonly temporalPort: number;
  readonly uiPort: number;
  readonly gpu: 'auto' | 'off' | 'cuda' | 'vulkan' | 'metal';
  readonly threads: number | undefined;
  readonly engines: number | undefined;
  readonly contextTokens: number | undefined;
  readonly sequences: number | undefined;
  readonly gpuLayers: number | undefined;
  /** 0: keep none. */
  readonly snapshotBytes: number;
  /** May hold a password: never print it. */
  readonly redisUrl: string | undefined;
  /** Undefined: the embedded database. May hold a password. */
  readonly databaseUrl: string | undefined;
  readonly ollamaHost: string | undefined;
  readonly openAiBaseUrl: string;
  readonly openAiApiKey: string | undefined;
  /** Paths of modules. */
  readonly tools: readonly string[];
  /** Host patterns; see `net/host-allow-list.ts`. */
  readonly fetchAllow: readonly string[];
  readonly webSearch: WebSearchSettings;
  /** Folder of experts' files. */
  readonly experts: string | undefined;
  readonly apiToken: string | undefined;
  readonly expertToken: string | undefined;
  /** Missing: workers for sessions have no version. */
  readonly buildId: string | undefined;
  readonly deploymentName: string;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error';
}

function wholeNumber(min: number, max: number) {
  const fault =
    max === Number.MAX_SAFE_INTEGER
      ? `give a whole number, at least ${min}`
      : `give a whole number from ${min} to ${max}`;
  return z.coerce.number(fault).int(fault).min(min, fault).max(max, fault);
}

/** Something that is sent as a header or in a URL. */
function key() {
  return z.string().regex(/^[!-~]+$/u, KEY_FAULT);
}

/** What is never shown, not even when it is wrong. */
function isSecret(name: string): boolean {
  return name === 'DATABASE_URL' || name === 'COLLOQUY_SEARXNG_URL' || /_(?:KEY|CX|TOKEN)$/u.test(name);
}

/** Parts between commas, without the space around them. */
function list() {
  return z.string().transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );
}

/** @throws {ConfigError} */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  // An empty variable counts as not set: that is how `.env` files and compose files leave one out.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(({ path, message }) => {
      const name = path.join('.');
      return `${name}=${isSecret(name) ? '(not shown)' : JSON.stringify(given[name])}: ${message}`;
    });
    throw new ConfigError(`Wrong environment variables (.env.example explains each): ${faults.join('; ')}`);
  }
  const variables = parsed.data;
  return Object.freeze({
    home: variables.COLLOQUY_HOME,
    model: variables.COLLOQUY_MODEL,
    embeddingModel: variables.COLLOQUY_EMBEDDING_MODEL,
    embeddingTokens: variables.COLLOQUY_EMBEDDING_TOKENS,
    rerankModel: variables.COLLOQUY_RERANK_MODEL,
    persona: variables.COLLOQUY_PERSONA,
    temporalPort: variables.COLLOQUY_TEMPORAL_PORT,
    uiPort: variables.COLLOQUY_UI_PORT,
    gpu: variables.COLLOQUY_GPU,
    threads: variables.COLLOQUY_THREADS,
    engines: variables.COLLOQUY_ENGINES,
    contextTokens: variables.COLLOQUY_CONTEXT_TOKENS,
    sequences: variables.COLLOQUY_SEQUENCES,
    gpuLayers: variables.COLLOQUY_GPU_LAYERS,
    snapshotBytes: variables.COLLOQUY_SNAPSHOT_GB * 1e9,
    redisUrl: variables.COLLOQUY_REDIS_URL,
    databaseUrl: variables.DATABASE_URL,
    ollamaHost: variables.OLLAMA_HOST,
    openAiBaseUrl: variables.COLLOQUY_OPENAI_BASE_URL,
    openAiApiKey: variables.COLLOQUY_OPENAI_API_KEY,
    tools: variables.COLLOQUY_TOOLS,
    fetchAllow: variables.COLLOQUY_FETCH_ALLOW,
    webSearch: Object.freeze({
      searxngUrl: variables.COLLOQUY_SEARXNG_URL,
      braveApiKey: variables.COLLOQUY_BRAVE_API_KEY,
      googleApiKey: variables.COLLOQUY_GOOGLE_API_KEY,
      googleCx: variables.COLLOQUY_GOOGLE_CX,
      newsApiKey: variables.COLLOQUY_NEWS_API_KEY,
    }),
    experts: variables.COLLOQUY_EXPERTS,
    apiToken: variables.COLLOQUY_API_TOKEN,
    expertToken: variables.COLLOQUY_EXPERT_TOKEN,
    buildId: variables.COLLOQUY_BUILD_ID,
    deploymentName: variables.COLLOQUY_DEPLOYMENT_NAME,
    logLevel: variables.COLLOQUY_LOG_LEVEL,
  });
}
