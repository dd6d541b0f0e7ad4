import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Artefact } from '../artefacts/artefact.js';
import { findArtefact } from '../artefacts/catalogue.js';
import type { EnsureArtefactOptions } from '../artefacts/ensure-artefact.js';
import { ggufModelName, ggufPartPaths } from '../inference/gguf/gguf-parts.js';
import { MODEL_PROFILES, findModelProfile } from '../inference/profiles/model-profiles.js';
import { ModelError } from '../inference/model-error.js';
import { findServerModel, type ServerModel } from './server-model.js';

/** A model that can be opened: a file on this machine (the first part of a split model), or a model on a server. */
export type ResolvedModel = { readonly modelId: string; readonly path: string } | ServerModel;

export type ModelUse = (typeof MODEL_PROFILES)[number]['use'];

/**
 * The id of the model identified by a name, a path of a GGUF file, `ollama:NAME` or `openai:NAME`; does not look for the model.
 *
 * @throws {ModelError} `Model.NotFound`
 */
export function modelIdOf(nameOrPath: string, uses: readonly ModelUse[] = ['chat']): string {
  const onServer = findServerModel(nameOrPath);
  if (onServer !== undefined) return onServer.modelId;
  if (isPath(nameOrPath)) {
    const name = ggufModelName(nameOrPath)
      .toLowerCase()
      .replace(/[^a-z0-9._-]+/gu, '-');
    if (!/[a-z0-9]/u.test(name))
      throw new ModelError('Model.NotFound', `"${nameOrPath}" is not the path of a GGUF file.`);
    return name;
  }
  const profile = findModelProfile(nameOrPath);
  if (profile === undefined) {
    const known = MODEL_PROFILES.filter(({ use }) => isAmong(use, uses)).map(({ modelId }) => modelId);
    throw new ModelError(
      'Model.NotFound',
      `There is no model "${nameOrPath}". Known: ${known.join(', ')}. Or give the path of a GGUF file (ending in .gguf), ollama:NAME or openai:NAME.`,
    );
  }
  if (!isAmong(profile.use, uses)) {
    throw new ModelError(
      'Model.NotFound',
      `"${nameOrPath}" is ${WRONG_USE[wrongUse(profile.use, uses)]} "colloquy models list" shows which do.`,
    );
  }
  return profile.modelId;
}

/**
 * Resolves the model together with its file, which it fetches if it is missing. A server is not asked yet.
 *
 * @throws {ModelError | ArtefactError}
 */
export async function resolveModel(
  nameOrPath: string,
  options: EnsureArtefactOptions,
  uses?: readonly ModelUse[],
): Promise<ResolvedModel> {
  const onServer = findServerModel(nameOrPath);
  if (onServer !== undefined) return onServer;
  const modelId = modelIdOf(nameOrPath, uses);
  if (isPath(nameOrPath)) {
    const path = resolve(nameOrPath);
    const file = await stat(path).catch(() => undefined);
    if (!file?.isFile())
      throw new ModelError('Model.NotFound', `There is no file ${path}. Give the path of a GGUF file.`);
    return { modelId, path: ggufPartPaths(path)[0] };
  }
  // Imported here because most commands need only a model's id.
  const { ensureArtefact } = await import('../artefacts/ensure-artefact.js');
  return { modelId, path: await ensureArtefact(artefactOf(modelId), options) };
}

/** The file of a known model. @throws {ModelError} `Model.NotFound` if it cannot be fetched because its checksum is unknown */
export function artefactOf(modelId: string): Artefact {
  const artefact = findArtefact(modelId);
  if (artefact !== undefined) return artefact;
  const page = findModelProfile(modelId)?.page;
  throw new ModelError(
    'Model.NotFound',
    page === undefined
      ? `No file is known for the model "${modelId}". Give the path of a GGUF file.`
      : `The file of "${modelId}" is not fetched, because no checksum is known for it. Get it from ${page} and give its path.`,
  );
}

const WRONG_USE = {
  base: 'a base model: it continues text but does not answer messages.',
  embedding: 'an embedding model: it does not answer messages.',
  silent: 'no embedding model: it does not make vectors.',
} as const;

function wrongUse(use: ModelUse, wanted: readonly ModelUse[]): keyof typeof WRONG_USE {
  if (wanted.includes('embedding')) return 'silent';
  return use === 'base' ? 'base' : 'embedding';
}

function isAmong(use: string, uses: readonly string[]): boolean {
  return uses.includes(use);
}

function isPath(nameOrPath: string): boolean {
  return nameOrPath.toLowerCase().endsWith('.gguf') || /[/\\]/u.test(nameOrPath);
}
