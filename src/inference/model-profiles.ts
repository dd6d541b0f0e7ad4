/** What is known of a model before its file is opened. */
export interface ModelProfile {
  /** How users and task queues name it, and the artefact catalogue its file. */
  readonly modelId: string;
  readonly title: string;
  readonly parameters: string;
  readonly quantization: string;
  /** What it was trained for; a worker may be given less. */
  readonly contextTokens: number;
  readonly languages: readonly string[];
  readonly licence: string;
  /** `chat` answers messages; `embedding` turns text into vectors. */
  readonly use: 'chat' | 'embedding';
}

export const MODEL_PROFILES: readonly ModelProfile[] = [
  {
    modelId: 'smollm2-135m-instruct',
    title: 'SmolLM2 135M Instruct',
    parameters: '135M',
    quantization: 'Q4_1',
    contextTokens: 8192,
    languages: ['en'],
    licence: 'Apache-2.0',
    use: 'chat',
  },
  {
    modelId: 'multilingual-e5-small',
    title: 'multilingual E5 small',
    parameters: '118M',
    quantization: 'Q4_0',
    contextTokens: 512,
    languages: ['en', 'zh', 'and about 100 more'],
    licence: 'MIT',
    use: 'embedding',
  },
];

export function findModelProfile(modelId: string): ModelProfile | undefined {
  return MODEL_PROFILES.find((profile) => profile.modelId === modelId);
}
