/** The purpose of a model: answering, answering from given documents, calling tools, continuing raw text, or making vectors. */
export type Purpose = 'instruction' | 'retrieval' | 'agent' | 'completion' | 'embedding';

/** Facts about a model that are known before its file is opened. */
export interface ModelProfile {
  /** Name of the model for users, task queues and the artefact catalogue. */
  readonly modelId: string;
  readonly title: string;
  /** `chat` answers messages, `base` continues text, `embedding` turns text into vectors. */
  readonly use: 'chat' | 'base' | 'embedding';
  readonly purposes: readonly Purpose[];
  /** Size as its authors name it, e.g. `135M`. */
  readonly parameters: string;
  /** Quantization of the file that `colloquy models pull` fetches and whose size is given here; other files are used by path. */
  readonly quantization: string;
  readonly sizeBytes: number;
  /** Context length that the model was trained with; a worker may use less. */
  readonly contextTokens: number;
  /** Keys and values of one token in all layers, 16 bits each: layers × KV heads × head width × 2 × 2. 0 if the model has no KV cache. */
  readonly kvBytesPerToken: number;
  readonly languages: readonly string[];
  readonly licence: string;
  /** Its name in Ollama's library. */
  readonly ollama?: string;
  /** Page to download it from by hand, if no checksum is known and Colloquy therefore does not fetch it. */
  readonly page?: string;
}

const LLAMA_3 = { contextTokens: 8192, languages: ['en'], licence: 'LLaMA 3 Community' } as const;
const LLAMA_3_LANGUAGES = ['en', 'de', 'fr', 'it', 'pt', 'hi', 'es', 'th'] as const;
const SMOLLM2 = { contextTokens: 8192, languages: ['en'], licence: 'Apache-2.0', use: 'chat' } as const;
const EIGHT_BILLION = { parameters: '8B', quantization: 'Q4_K_M', kvBytesPerToken: 32 * 8 * 128 * 4 } as const;

/** source: the models' cards on Hugging Face, their `config.json`, and the file sizes that Hugging Face shows. */
export const MODEL_PROFILES: readonly ModelProfile[] = [
  {
    ...SMOLLM2,
    modelId: 'smollm2-135m-instruct',
    title: 'SmolLM2 135M Instruct',
    purposes: ['instruction'],
    parameters: '135M',
    quantization: 'Q4_1',
    sizeBytes: 98_362_432,
    kvBytesPerToken: 30 * 3 * 64 * 4,
    ollama: 'smollm2:135m',
  },
  {
    ...SMOLLM2,
    modelId: 'smollm2-360m-instruct',
    title: 'SmolLM2 360M Instruct',
    purposes: ['instruction'],
    parameters: '360M',
    quantization: 'Q8_0',
    sizeBytes: 386_404_992,
    kvBytesPerToken: 32 * 5 * 64 * 4,
    ollama: 'smollm2:360m',
  },
  {
    ...SMOLLM2,
    modelId: 'smollm2-1.7b-instruct',
    title: 'SmolLM2 1.7B Instruct',
    purposes: ['instruction', 'retrieval'],
    parameters: '1.7B',
    quantization: 'Q4_K_M',
    sizeBytes: 1_055_609_536,
    kvBytesPerToken: 24 * 32 * 64 * 4,
    ollama: 'smollm2:1.7b',
  },
  {
    modelId: 'llama-3.2-1b-instruct',
    title: 'LLaMA 3.2 1B Instruct',
    use: 'chat',
    purposes: ['instruction', 'retrieval'],
    parameters: '1B',
    quantization: 'Q4_K_M',
    sizeBytes: 807_694_464,
    contextTokens: 131_072,
    kvBytesPerToken: 16 * 8 * 64 * 4,
    languages: LLAMA_3_LANGUAGES,
    licence: 'LLaMA 3.2 Community',
    ollama: 'llama3.2:1b',
  },
  {
    modelId: 'llama-3.2-3b-instruct',
    title: 'LLaMA 3.2 3B Instruct',
    use: 'chat',
    purposes: ['instruction', 'retrieval', 'agent'],
    parameters: '3B',
    quantization: 'Q4_K_M',
    sizeBytes: 2_019_377_696,
    contextTokens: 131_072,
    kvBytesPerToken: 28 * 8 * 128 * 4,
    languages: LLAMA_3_LANGUAGES,
    licence: 'LLaMA 3.2 Community',
    ollama: 'llama3.2:3b',
  },
  {
    ...EIGHT_BILLION,
    modelId: 'llama-3.1-8b-instruct',
    title: 'LLaMA 3.1 8B Instruct',
    use: 'chat',
    purposes: ['instruction', 'retrieval', 'agent'],
    sizeBytes: 4_920_739_232,
    contextTokens: 131_072,
    languages: LLAMA_3_LANGUAGES,
    licence: 'LLaMA 3.1 Community',
    ollama: 'llama3.1:8b',
  },
  {
    ...LLAMA_3,
    ...EIGHT_BILLION,
    modelId: 'llama-3-8b-instruct',
    title: 'LLaMA 3 8B Instruct',
    use: 'chat',
    purposes: ['instruction', 'retrieval'],
    sizeBytes: 4_920_734_272,
    ollama: 'llama3:8b',
  },
  {
    ...LLAMA_3,
    ...EIGHT_BILLION,
    modelId: 'llama-3-8b',
    title: 'LLaMA 3 8B',
    use: 'base',
    purposes: ['completion'],
    sizeBytes: 4_920_733_888,
    ollama: 'llama3:text',
    page: 'https://huggingface.co/QuantFactory/Meta-Llama-3-8B-GGUF',
  },
  {
    modelId: 'multilingual-e5-small',
    title: 'multilingual E5 small',
    use: 'embedding',
    purposes: ['embedding'],
    parameters: '118M',
    quantization: 'Q4_0',
    sizeBytes: 73_578_880,
    contextTokens: 512,
    kvBytesPerToken: 0,
    languages: ['en', 'zh', 'and about 100 more'],
    licence: 'MIT',
  },
];

export function findModelProfile(modelId: string): ModelProfile | undefined {
  return MODEL_PROFILES.find((profile) => profile.modelId === modelId);
}
