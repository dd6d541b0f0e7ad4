import type { Artefact, DownloadSource } from './artefact.js';

interface HubFile {
  readonly name: string;
  readonly title: string;
  /** SPDX identifier, or a `LicenseRef-` for licences that SPDX does not list. */
  readonly licence: string;
  /** Owner and name, which are the same on both hubs. */
  readonly repository: string;
  /** A commit on Hugging Face, or a branch if no commit is known. The checksum applies in either case. */
  readonly revision: string;
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/**
 * Larger models, by their name in `colloquy models pull NAME`. Hugging Face publishes the checksums of the files (the id of the LFS
 * object); every download is verified against them.
 */
export const LLAMA_MODEL_FILES: readonly Artefact[] = [
  fromHubs({
    name: 'smollm2-360m-instruct',
    title: 'SmolLM2 360M Instruct',
    licence: 'Apache-2.0',
    repository: 'HuggingFaceTB/SmolLM2-360M-Instruct-GGUF',
    revision: '593b5a2e04c8f3e4ee880263f93e0bd2901ad47f',
    fileName: 'smollm2-360m-instruct-q8_0.gguf',
    sizeBytes: 386_404_992,
    sha256: '48ab3034d0dd401fbc721eb1df3217902fee7dab9078992d66431f09b7750201',
  }),
  fromHubs({
    name: 'smollm2-1.7b-instruct',
    title: 'SmolLM2 1.7B Instruct',
    licence: 'Apache-2.0',
    repository: 'HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF',
    revision: '2d4a76a30b4af41ecd395c35725ac11688d4cfe4',
    fileName: 'smollm2-1.7b-instruct-q4_k_m.gguf',
    sizeBytes: 1_055_609_536,
    sha256: 'decd2598bc2c8ed08c19adc3c8fdd461ee19ed5708679d1c54ef54a5a30d4f33',
  }),
  fromHubs({
    name: 'llama-3.2-1b-instruct',
    title: 'LLaMA 3.2 1B Instruct',
    licence: 'LicenseRef-llama3.2',
    repository: 'bartowski/Llama-3.2-1B-Instruct-GGUF',
    revision: '067b946cf014b7c697f3654f621d577a3e3afd1c',
    fileName: 'Llama-3.2-1B-Instruct-Q4_K_M.gguf',
    sizeBytes: 807_694_464,
    sha256: '6f85a640a97cf2bf5b8e764087b1e83da0fdb51d7c9fab7d0fece9385611df83',
  }),
  fromHubs({
    name: 'llama-3.2-3b-instruct',
    title: 'LLaMA 3.2 3B Instruct',
    licence: 'LicenseRef-llama3.2',
    repository: 'bartowski/Llama-3.2-3B-Instruct-GGUF',
    revision: '5ab33fa94d1d04e903623ae72c95d1696f09f9e8',
    fileName: 'Llama-3.2-3B-Instruct-Q4_K_M.gguf',
    sizeBytes: 2_019_377_696,
    sha256: '6c1a2b41161032677be168d354123594c0e6e67d2b9227c84f296ad037c728ff',
  }),
  fromHubs({
    name: 'llama-3.1-8b-instruct',
    title: 'LLaMA 3.1 8B Instruct',
    licence: 'LicenseRef-llama3.1',
    repository: 'bartowski/Meta-Llama-3.1-8B-Instruct-GGUF',
    revision: 'bf5b95e96dac0462e2a09145ec66cae9a3f12067',
    fileName: 'Meta-Llama-3.1-8B-Instruct-Q4_K_M.gguf',
    sizeBytes: 4_920_739_232,
    sha256: '7b064f5842bf9532c91456deda288a1b672397a54fa729aa665952863033557c',
  }),
  fromHubs({
    name: 'llama-3-8b-instruct',
    title: 'LLaMA 3 8B Instruct',
    licence: 'LicenseRef-llama3',
    repository: 'bartowski/Meta-Llama-3-8B-Instruct-GGUF',
    revision: 'main',
    fileName: 'Meta-Llama-3-8B-Instruct-Q4_K_M.gguf',
    sizeBytes: 4_920_734_272,
    sha256: '8ba9baf3a7345f705a11878397500fb25174034f0fd784e83aa4a96aaa47735f',
  }),
];

function fromHubs({ repository, revision, ...file }: HubFile): Artefact {
  const { fileName } = file;
  const sources: DownloadSource[] = [
    { type: 'download', url: `https://huggingface.co/${repository}/resolve/${revision}/${fileName}` },
    { type: 'download', url: `https://modelscope.cn/models/${repository}/resolve/master/${fileName}` },
  ];
  return { ...file, sources };
}
