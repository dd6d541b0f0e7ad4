/** By the charset that is given, else the one that an HTML page names at its beginning, else UTF-8. An unknown charset counts as UTF-8. */
export function decodeText(bytes: Uint8Array, charset?: string): string {
  const beginning = Buffer.from(bytes.subarray(0, 1024)).toString('latin1');
  const named = charset ?? /<meta[^>]{0,200}charset\s*=\s*["']?([\w-]+)/iu.exec(beginning)?.[1];
  try {
    return new TextDecoder(named ?? 'utf-8').decode(bytes);
  } catch {
    // There is no such charset.
    return new TextDecoder().decode(bytes);
  }
}
