import type { Config } from '../config.js';
import { DEFAULT_OLLAMA_HOST, ollamaUrl } from '../inference/ollama/ollama-server.js';
import type { Finding } from './finding.js';
import { findServerModel } from '../models/server-model.js';

const LONGEST_MS = 3_000;

/** Checks whether the server of the configured model answers; returns no finding if the model is a file. */
export async function examineModelServer(config: Config): Promise<Finding[]> {
  const model = findServerModel(config.model);
  if (model === undefined) return [];
  const isOllama = model.backend === 'ollama';
  const subject = isOllama ? 'Ollama' : 'model server';
  const url = isOllama
    ? ollamaUrl(config.ollamaHost ?? DEFAULT_OLLAMA_HOST)
    : config.openAiBaseUrl.replace(/\/+$/u, '');
  const headers = { ...(!isOllama && config.openAiApiKey && { authorization: `Bearer ${config.openAiApiKey}` }) };
  const probe = `${url}${isOllama ? '/api/version' : '/models'}`;
  try {
    const response = await fetch(probe, { headers, signal: AbortSignal.timeout(LONGEST_MS) });
    await response.body?.cancel();
    if (response.ok) return [{ state: 'ok', subject, found: `answers at ${url}, for ${model.modelId}` }];
    const advice = isOllama ? 'Look at what stands before it.' : 'Set COLLOQUY_OPENAI_API_KEY, or look at the address.';
    return [{ state: 'fault', subject, found: `${url} answers ${response.status}`, advice }];
  } catch {
    const advice = isOllama
      ? 'Start it by "ollama serve", or set OLLAMA_HOST.'
      : 'Start it, or set COLLOQUY_OPENAI_BASE_URL to where it runs.';
    return [{ state: 'fault', subject, found: `nothing answers at ${url}`, advice }];
  }
}
