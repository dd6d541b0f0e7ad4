import { z } from 'zod';
import { faultOfHostPattern } from './net/host-allow-list.js';

/** Everything about one environment variable. */
export interface Setting<Value = unknown> {
  readonly variable: string;
  /** The default as a user would write it. Missing: the variable is unset by default. */
  readonly default?: string;
  readonly parser: z.ZodType<Value>;
  /** Text for users: what the variable does, its valid values, and its effect when unset. */
  readonly about: string;
  /** Whether to hide its value always, even if it is invalid. */
  readonly isSecret: boolean;
}

/** A setting that always has a value, because it has a default. */
interface FilledSetting<Value> extends Setting<Value> {
  readonly default: string;
}

const URL_FAULT = 'give an address such as http://127.0.0.1:8000/v1';
const SEARXNG_FAULT = 'give an address such as http://127.0.0.1:8080';
const KEY_FAULT = 'give a key as it was issued, without spaces';
const SNAPSHOT_FAULT = 'give a number of gigabytes, or 0 for none';
const DATABASE_FAULT = 'give postgres://USER:PASSWORD@HOST:PORT/NAME, with special characters percent-encoded';
const BUILD_ID_FAULT = 'give 1 to 100 letters, digits, ".", "_", "+", ":" or "-"';
// The server splits the name of a version from its build id at the first dot.
const DEPLOYMENT_NAME_FAULT = 'give 1 to 100 letters, digits, "_" or "-"';

// source: RFC 6750, section 2.1
const TOKEN = /^[A-Za-z0-9._~+/-]{8,}=*$/u;
const TOKEN_FAULT = 'give at least 8 letters, digits, ".", "_", "~", "+", "/" or "-"';

const text = z.string().min(1);
const token = z.string().regex(TOKEN, TOKEN_FAULT);
const port = wholeNumber(1, 65_535);
/** A value that is sent in a header or a URL. */
const key = z.string().regex(/^[!-~]+$/u, KEY_FAULT);
/** Items separated by commas, without surrounding spaces. */
const list = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);
const hostList = list.superRefine((patterns, context) => {
  const faults = patterns.map((pattern) => faultOfHostPattern(pattern)).filter((fault) => fault !== undefined);
  if (faults.length > 0) context.addIssue(faults.join(', '));
});

/**
 * The single list of all environment variables that Colloquy reads: `config.ts` parses them according to it, and `npm run settings` writes
 * `.env.example` and the table in docs/guide/settings.md from it. Temporal's own library reads its variables (`TEMPORAL_ADDRESS`,
 * `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, TLS …).
 */
export const SETTINGS = {
  home: optional(
    'COLLOQUY_HOME',
    text,
    "Folder for downloads, the embedded databases and logs. Default: colloquy in your user's cache folder.",
  ),
  model: filled(
    'COLLOQUY_MODEL',
    'smollm2-135m-instruct',
    text,
    'Model of new sessions: an id from "colloquy models list", the path of a GGUF file, or a model on a server: ollama:NAME, openai:NAME.',
  ),
  embeddingModel: filled(
    'COLLOQUY_EMBEDDING_MODEL',
    'multilingual-e5-small',
    text,
    'Model that makes the vectors of knowledge bases: multilingual-e5-small, the path of a GGUF file, or a model on a server: ollama:NAME, openai:NAME. Vectors of different models cannot be compared: after a change, add the documents again.',
  ),
  embeddingTokens: optional(
    'COLLOQUY_EMBEDDING_TOKENS',
    wholeNumber(64),
    'Longest text, in tokens, that an embedding model on a server accepts. Default: what the server reports or what is known of the model, otherwise 512.',
  ),
  rerankModel: optional(
    'COLLOQUY_RERANK_MODEL',
    text,
    'Path of the GGUF file of a cross-encoder, e.g. bge-reranker-v2-m3, that ranks the results of a search again. Default: none.',
  ),
  persona: optional(
    'COLLOQUY_PERSONA',
    text,
    'Persona of new sessions: who the assistant is. It is rendered first in every prompt. Default: You are a helpful assistant.',
  ),
  temporalPort: filled(
    'COLLOQUY_TEMPORAL_PORT',
    '7233',
    port,
    'Port of the Temporal server that "npm start" runs (gRPC).',
  ),
  uiPort: filled('COLLOQUY_UI_PORT', '8233', port, 'Port of the web UI of the Temporal server that "npm start" runs.'),
  gpu: filled(
    'COLLOQUY_GPU',
    'auto',
    z.enum(['auto', 'off', 'cuda', 'vulkan', 'metal']),
    'auto, off, cuda, vulkan or metal.',
  ),
  threads: optional(
    'COLLOQUY_THREADS',
    wholeNumber(1, 1024),
    'Compute threads of the engine. Default: the cores that this process may use (container limits are respected), minus one.',
  ),
  engines: optional(
    'COLLOQUY_ENGINES',
    wholeNumber(1, 64),
    'Maximum number of engines of a model on a CPU. Each is a process with its own COLLOQUY_THREADS threads and its own KV cache. The second starts when two answers overlap, if memory allows. Default: 2 on a machine with 2 cores; 1 on any other, or if COLLOQUY_THREADS is set.',
  ),
  contextTokens: optional(
    'COLLOQUY_CONTEXT_TOKENS',
    wholeNumber(256),
    'Tokens that prompt and answer may take together. Default: what the model was trained for, as far as memory allows; on Ollama at most 8192; on other servers what they report, otherwise 2048.',
  ),
  sequences: optional(
    'COLLOQUY_SEQUENCES',
    wholeNumber(1, 256),
    'Answers that the model writes at the same time; more wait. Default: chosen from memory, up to 4 on a CPU and 32 on a GPU.',
  ),
  gpuLayers: optional(
    'COLLOQUY_GPU_LAYERS',
    wholeNumber(0, 1024),
    'Layers of the model on the GPU; the rest runs on the CPU. Default: as many as fit into its memory.',
  ),
  snapshotBytes: filled(
    'COLLOQUY_SNAPSHOT_GB',
    '4',
    z.coerce
      .number(SNAPSHOT_FAULT)
      .min(0, SNAPSHOT_FAULT)
      .transform((gigabytes) => gigabytes * 1e9),
    "Disk space, in gigabytes, for the states of conversations that left the model's memory, in COLLOQUY_HOME/snapshots: a conversation continues from its saved state instead of being read again. 0 keeps none.",
  ),
  /** The code that uses it reports an invalid value, and continues without it. */
  redisUrl: optional(
    'COLLOQUY_REDIS_URL',
    z.string(),
    'A Redis (5 or later) that carries live text across machines: redis://[[user]:password@]host[:port][/database], or rediss:// for TLS (for your own CA, set NODE_EXTRA_CA_CERTS). Set it for the workers and wherever you chat. Default: none; live text stays within the machine, and other machines get answers whole.',
    'secret',
  ),
  databaseUrl: optional(
    'DATABASE_URL',
    z.string().refine((url) => /^postgres(ql)?:\/\//u.test(url) && URL.canParse(url), DATABASE_FAULT),
    'A PostgreSQL server (16 or later) for transcripts and knowledge bases: postgres://USER:PASSWORD@HOST:PORT/NAME. The user must be allowed to create the schema "colloquy"; knowledge bases need pgvector 0.8 or later. Default: an embedded PostgreSQL in COLLOQUY_HOME/database, which "npm start" runs.',
    'secret',
  ),
  ollamaHost: optional(
    'OLLAMA_HOST',
    text,
    'Address of Ollama, for models named ollama:NAME, in the form in which Ollama reads this variable. Default: 127.0.0.1:11434',
  ),
  openAiBaseUrl: filled(
    'COLLOQUY_OPENAI_BASE_URL',
    'http://127.0.0.1:8000/v1',
    z.url({ protocol: /^https?$/u, error: URL_FAULT }),
    "Address of a server with OpenAI's interface (vLLM, llama.cpp's server, NIM, ...), with the version in its path, for models named openai:NAME.",
  ),
  openAiApiKey: optional(
    'COLLOQUY_OPENAI_API_KEY',
    text,
    'API key for the server of COLLOQUY_OPENAI_BASE_URL, if it requires one. It is sent only to that server and never written to disk or logs.',
    'secret',
  ),
  tools: filled(
    'COLLOQUY_TOOLS',
    '',
    list,
    'Your own tools: ES modules, separated by commas, whose default export is a tool or an array of tools (docs/guide/tools.md). Relative paths start at the folder in which the worker is started.',
  ),
  fetchAllow: filled(
    'COLLOQUY_FETCH_ALLOW',
    '',
    hostList,
    'Hosts that the tool http-fetch may read, separated by commas: example.org, *.example.org (those below it), example.org:8443, or * for any public one. Default: none.',
  ),
  searxngUrl: optional(
    'COLLOQUY_SEARXNG_URL',
    z.url({ protocol: /^https?$/u, error: SEARXNG_FAULT }),
    'A SearXNG for web searches, e.g. http://127.0.0.1:8080; it may be on your own network. Its settings.yml must list "json" under search.formats. Default: none.',
    'secret',
  ),
  braveApiKey: optional(
    'COLLOQUY_BRAVE_API_KEY',
    key,
    'API key of Brave Search. Every search provider whose key is set is used. A key is sent only to its own provider and never written to disk or logs.',
    'secret',
  ),
  googleApiKey: optional(
    'COLLOQUY_GOOGLE_API_KEY',
    key,
    'API key of Google Custom Search, which Google no longer sells and ends in January 2027.',
    'secret',
  ),
  googleCx: optional(
    'COLLOQUY_GOOGLE_CX',
    key,
    'Id of the search engine that COLLOQUY_GOOGLE_API_KEY is used with.',
    'secret',
  ),
  newsApiKey: optional('COLLOQUY_NEWS_API_KEY', key, 'API key of newsapi.org, for news.', 'secret'),
  experts: optional(
    'COLLOQUY_EXPERTS',
    text,
    'Folder with your own experts, as files NAME.md; they take precedence over the experts that come with Colloquy (docs/guide/experts-and-panels.md). Default: the folder "experts" in the working directory, if there is one.',
  ),
  apiToken: optional(
    'COLLOQUY_API_TOKEN',
    token,
    'Token that callers of "colloquy expert serve" and "colloquy panel serve" must send, as "Authorization: Bearer TOKEN". Default: none; set it if you use --host.',
    'secret',
  ),
  expertToken: optional(
    'COLLOQUY_EXPERT_TOKEN',
    token,
    'Token that workers send to experts on other machines, as "Authorization: Bearer TOKEN". Default: none.',
    'secret',
  ),
  buildId: optional(
    'COLLOQUY_BUILD_ID',
    z.string().regex(/^[A-Za-z0-9][\w.+:-]{0,99}$/u, BUILD_ID_FAULT),
    'Version of a worker for sessions ("colloquy worker sessions"): sessions stay on their version until they have answered, then move to the current one; see "colloquy deploy --help". Default: workers have no version. "colloquy start" ignores it.',
  ),
  deploymentName: filled(
    'COLLOQUY_DEPLOYMENT_NAME',
    'colloquy',
    z.string().regex(/^[A-Za-z0-9][\w-]{0,99}$/u, DEPLOYMENT_NAME_FAULT),
    'Name of the worker deployment on the Temporal server to which the versions of COLLOQUY_BUILD_ID belong.',
  ),
  logLevel: filled(
    'COLLOQUY_LOG_LEVEL',
    'info',
    z.enum(['trace', 'debug', 'info', 'warn', 'error']),
    'trace, debug, info, warn or error. Logs of the stack go to COLLOQUY_HOME/logs.',
  ),
  temporalCliPath: optional(
    'TEMPORAL_CLI_PATH',
    text,
    'Path of a Temporal CLI to use instead of the one that Colloquy fetches.',
  ),
};

function filled<Value>(variable: string, value: string, parser: z.ZodType<Value>, about: string): FilledSetting<Value> {
  return { variable, default: value, parser, about, isSecret: false };
}

function optional<Value>(
  variable: string,
  parser: z.ZodType<Value>,
  about: string,
  secret?: 'secret',
): Setting<Value | undefined> {
  return { variable, parser, about, isSecret: secret !== undefined };
}

function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): z.ZodType<number> {
  const fault =
    max === Number.MAX_SAFE_INTEGER
      ? `give a whole number, at least ${min}`
      : `give a whole number from ${min} to ${max}`;
  return z.coerce.number(fault).int(fault).min(min, fault).max(max, fault);
}
