import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { documentName, isUrl } from '../../domain/knowledge/document-name.js';
import { DocumentError } from '../document-error.js';
import { fileError } from './file-error.js';
import { isGlob, parseGlob } from './glob-pattern.js';
import { isWebUrl } from './read-source.js';

export interface ExpandedSources {
  /** Absolute paths and URLs, each once: sources in the order given, files of a folder sorted by path. */
  readonly uris: readonly string[];
  /** Sources that cannot be read; the others can. Errors contain a path's name relative to its source (`documentName`). */
  readonly failures: readonly { readonly source: string; readonly error: DocumentError }[];
}

export interface ExpandOptions {
  /** Absolute path that relative sources start from. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Default: 1,000,000. */
  readonly maxFiles?: number;
}

const MAX_FILES = 1_000_000;
/** Files in folders that are not documents by their name are silently left out; a file that is given explicitly causes an error instead. */
const NO_DOCUMENT = new RegExp(
  String.raw`\.(?:${[
    'png|jpe?g|gif|webp|avif|heic|bmp|ico|tiff?|psd|ai|eps',
    'mp[34]|m4[av]|wav|flac|ogg|opus|mkv|mov|avi|webm',
    'zip|gz|tgz|bz2|xz|zst|7z|rar|tar|jar|whl|iso|dmg|deb|rpm',
    'exe|dll|so|dylib|o|a|class|pyc|wasm|node|bin|dat|db|sqlite3?',
    'woff2?|ttf|otf|eot|gguf|safetensors|onnx|pt|pth|npy|npz|parquet',
    'lock|map|tsbuildinfo',
  ].join('|')})$`,
  'iu',
);

/**
 * Expands files, folders (recursively, without hidden files, `node_modules`, and files that are not documents), globs and URLs to a list of
 * documents to read. Links within a folder are only followed if they do not leave it.
 *
 * @throws the signal's reason when it aborts.
 */
export async function expandSources(sources: readonly string[], options: ExpandOptions): Promise<ExpandedSources> {
  const uris = new Set<string>();
  const failures: { source: string; error: DocumentError }[] = [];
  const roots = sources.map((source) => (isUrl(source) ? source : resolve(options.folder, source)));
  const nameOf = (path: string): string => documentName(path, roots);
  const fail = (source: string, error: unknown): void =>
    void failures.push({ source, error: fileError(error, source, nameOf(source)) });
  for (const source of sources) {
    options.signal.throwIfAborted();
    try {
      await expand(source, options, { add: (uri) => addTo(uris, uri, options.maxFiles ?? MAX_FILES), fail, nameOf });
    } catch (error) {
      options.signal.throwIfAborted();
      fail(source, error);
    }
  }
  return { uris: [...uris], failures };
}

interface Found {
  readonly add: (uri: string) => void;
  readonly fail: (source: string, error: unknown) => void;
  /** Name of a path in messages. */
  readonly nameOf: (path: string) => string;
}

async function expand(source: string, { folder, signal }: ExpandOptions, found: Found): Promise<void> {
  if (isWebUrl(source)) {
    if (!URL.canParse(source))
      throw new DocumentError('Document.NotFound', `"${source}" is not a valid URL. Check its spelling.`);
    const url = new URL(source);
    // The fragment of a URL is not a separate document.
    url.hash = '';
    return found.add(url.href);
  }
  if (isUrl(source)) {
    throw new DocumentError('Document.Unsupported', `${source} cannot be fetched: only https and http can.`);
  }
  const path = resolve(folder, source);
  const stats = await stat(path).catch((error: unknown) => {
    // A file may have a name that looks like a pattern.
    if (isGlob(source)) return undefined;
    throw fileError(error, path, found.nameOf(path));
  });
  if (stats?.isDirectory() === true) return walk(path, { signal, wantsHidden: false, accepts: isDocument }, found);
  if (stats !== undefined) return found.add(path);
  const { base, matches, wantsHidden } = parseGlob(path.split(sep).join('/'));
  let matched = 0;
  const counted: Found = { ...found, add: (uri) => (matched++, found.add(uri)) };
  await walk(base, { signal, wantsHidden, accepts: (file) => matches(file.split(sep).join('/')) }, counted);
  if (matched === 0)
    throw new DocumentError('Document.NotFound', `No file matches ${found.nameOf(path)}. Check the pattern.`);
}

interface Walk {
  readonly signal: AbortSignal;
  readonly wantsHidden: boolean;
  readonly accepts: (path: string) => boolean;
}

async function walk(top: string, { signal, wantsHidden, accepts }: Walk, found: Found): Promise<void> {
  const realTop = await realpath(top).catch((error: unknown) => {
    throw fileError(error, top, found.nameOf(top));
  });
  const visit = async (folder: string): Promise<void> => {
    signal.throwIfAborted();
    const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
      found.fail(folder, error);
      return [];
    });
    // Sorted by code units: the same order on every machine, whatever its language.
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const { name } = entry;
      const path = join(folder, name);
      if ((name.startsWith('.') && !wantsHidden) || name === 'node_modules' || name === '.git') continue;
      if (entry.isDirectory()) await visit(path);
      else if (entry.isFile()) {
        if (accepts(path)) found.add(path);
      } else if (entry.isSymbolicLink() && accepts(path)) await follow(path, realTop, found);
    }
  };
  await visit(top);
}

/** A link to a file in the folder adds that file. A link to a folder in it adds nothing, because that folder is visited anyway. */
async function follow(link: string, realTop: string, found: Found): Promise<void> {
  try {
    const target = await realpath(link);
    if (!target.startsWith(realTop.endsWith(sep) ? realTop : realTop + sep)) {
      throw new DocumentError(
        'Document.Forbidden',
        `${found.nameOf(link)} is a link that leads out of its folder, to ${target}. Add that as a source if you want it.`,
      );
    }
    if ((await stat(target)).isFile()) found.add(target);
  } catch (error) {
    found.fail(link, error);
  }
}

function isDocument(path: string): boolean {
  return !NO_DOCUMENT.test(path);
}

function addTo(uris: Set<string>, uri: string, maxFiles: number): void {
  uris.add(uri);
  if (uris.size > maxFiles) {
    throw new DocumentError('Document.TooLarge', `There are more than ${maxFiles} files. Add them in parts.`);
  }
}
