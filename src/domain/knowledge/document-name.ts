/**
 * A document's name for models and readers: its path from the source that was added, starting with that source's own name, so that it does
 * not reveal the document's location on the machine. The name of a URL is the URL.
 *
 * @param sources absolute paths of files, folders and globs, and URLs, as they were added; the innermost one that contains the document
 *   counts
 */
export function documentName(uri: string, sources: readonly string[]): string {
  if (isUrl(uri)) return uri;
  const path = slashed(uri);
  const roots = sources
    .filter((source) => !isUrl(source))
    .map(rootOf)
    .filter((root) => path === root || path.startsWith(root.endsWith('/') ? root : `${root}/`));
  const root = roots.toSorted((a, b) => b.length - a.length)[0];
  if (root === undefined || path === root) return lastPart(path);
  const below = path.slice(root.length).replace(/^\//u, '');
  const name = lastPart(root);
  return name === '' ? below : `${name}/${below}`;
}

/** The name of a document that may have been added before documents had names. */
export function shownName({ name, uri }: { readonly name?: string; readonly uri: string }): string {
  return name ?? (isUrl(uri) ? uri : lastPart(slashed(uri)));
}

/** The folder that all of a glob's matches are in; any other path is its own root. */
function rootOf(source: string): string {
  const path = slashed(source);
  if (!/[*?[\]{}]/u.test(path)) return path.replace(/(?<=.)\/$/u, '');
  const parts = path.split('/');
  const wild = parts.findIndex((part) => /[*?[\]{}]/u.test(part));
  return parts.slice(0, wild).join('/') || '/';
}

/** Whether a text is a URL of any scheme. */
export function isUrl(text: string): boolean {
  return /^[a-z][a-z\d+.-]+:\/\//iu.test(text);
}

/** Also converts Windows paths. */
function slashed(path: string): string {
  return /^[a-z]:\\|^\\\\/iu.test(path) ? path.replaceAll('\\', '/') : path;
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
