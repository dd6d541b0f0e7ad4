import { DEFAULT_DECODING, type Decoding } from '../domain/decoding.js';
import type { BeamSearchRequest, GenerateRequest, LanguageModel, ModelCapabilities } from './language-model.js';
import { ModelError } from './model-error.js';

export const MOST_LOGPROBS = 100;
const WIDEST_BEAM = 32;

/** Capabilities of models that run in Colloquy's own engine, which supports everything. */
export const ENGINE_CAPABILITIES: ModelCapabilities = {
  text: true,
  beamSearch: true,
  topLogprobs: MOST_LOGPROBS,
  json: true,
  decoding: new Set(Object.keys(DEFAULT_DECODING)),
};

type Described = Pick<LanguageModel, 'modelId' | 'capabilities'>;

/** Capabilities that a caller will need of a model. */
export type Needs = Partial<Pick<ModelCapabilities, 'text' | 'beamSearch' | 'json'>> & {
  readonly logprobs?: boolean;
  readonly decoding?: Decoding;
};

/**
 * Reports, before the start, that a model lacks capabilities that the caller needs.
 *
 * @throws {ModelError} `Model.Unsupported`, listing everything that is missing.
 */
export function requireCapabilities({ modelId, capabilities }: Described, needs: Needs): void {
  const asked = Object.entries(needs.decoding ?? {}).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  const missing = [
    ...(needs.text && !capabilities.text ? ['continue raw text'] : []),
    ...(needs.beamSearch && !capabilities.beamSearch ? ['search with beams'] : []),
    ...(needs.logprobs && capabilities.topLogprobs < 0 ? ["tell tokens' probabilities"] : []),
    ...(needs.json && !capabilities.json ? ['answer in JSON of a schema'] : []),
    ...asked.filter((name) => !capabilities.decoding.has(name)).map((name) => `set ${name}`),
  ];
  if (missing.length === 0) return;
  throw new ModelError(
    'Model.Unsupported',
    `Model "${modelId}" cannot ${missing.join(', nor ')}: its server offers no such thing. Use the same model's GGUF file.`,
    { details: { missing } },
  );
}

/** @throws {ModelError} `Model.Unsupported` before any work. */
export function refuseUnsupported(model: Described, request: GenerateRequest): void {
  const { topLogprobs: top } = request;
  requireCapabilities(model, {
    text: request.prompt.type === 'text',
    logprobs: top !== undefined,
    json: request.jsonSchema !== undefined,
    decoding: request.decoding,
  });
  refuseOutside('topLogprobs', top, 0, model.capabilities.topLogprobs);
}

/** @throws {ModelError} `Model.Unsupported` before any work. */
export function refuseUnsupportedSearch(model: Described, request: BeamSearchRequest): void {
  requireCapabilities(model, { text: request.prompt.type === 'text', beamSearch: true });
  refuseOutside('width', request.width, 1, WIDEST_BEAM);
  refuseOutside('best', request.best, 1, request.width);
}

function refuseOutside(name: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return;
  throw new ModelError('Model.Unsupported', `${name} must be a whole number from ${least} to ${most}, not ${value}.`);
}
