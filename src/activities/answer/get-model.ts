import type { LanguageModel } from '../../inference/language-model.js';

/** The model of this worker. @throws {ModelError} `Model.NotFound`, `Model.Damaged` or `Model.Unavailable` */
export type GetModel = (modelId: string) => Promise<LanguageModel>;
