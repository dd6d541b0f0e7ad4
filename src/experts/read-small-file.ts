import { open, stat } from 'node:fs/promises';

/** Reads the text of a handwritten file, or returns one sentence saying why it cannot be used. Checks the size before it reads the file. */
export async function readSmallFile(
  path: string,
  maxBytes: number,
): Promise<{ readonly text: string } | { readonly fault: string }> {
  try {
    const found = await stat(path);
    // Reading a named pipe would wait forever.
    if (!found.isFile())
      return { fault: `This is ${found.isDirectory() ? 'a folder' : 'not a regular file'}. Write a text file.` };
    if (found.size > maxBytes) return { fault: tooLarge(found.size, maxBytes) };
    const bytes = await readAtMost(path, maxBytes + 1);
    // The file may have grown in the meantime.
    if (bytes.length > maxBytes) return { fault: tooLarge(bytes.length, maxBytes) };
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (text.includes('\0')) return { fault: 'It holds a NUL character. Write text, not binary data.' };
    return { text: text.replaceAll('\r\n', '\n') };
  } catch (error) {
    return { fault: reasonOf(error) };
  }
}

async function readAtMost(path: string, maxBytes: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const chunks: Uint8Array[] = [];
    let left = maxBytes;
    while (left > 0) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(left, 65_536)));
      if (bytesRead === 0) break;
      chunks.push(buffer.subarray(0, bytesRead));
      left -= bytesRead;
    }
    return Buffer.concat(chunks);
  } finally {
    await file.close();
  }
}

function tooLarge(bytes: number, maxBytes: number): string {
  return `It is too large: ${bytes.toLocaleString('en')} bytes, at most ${maxBytes.toLocaleString('en')}. Small models need short personas.`;
}

/** Describes an error of the file system or of decoding. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return 'It is not valid UTF-8. Convert it first, e.g. with iconv -t UTF-8.';
    case 'ENOENT':
      return 'The file does not exist, or it is a broken link.';
    case 'ELOOP':
      return 'It is a symbolic link that leads back to itself. Put a file in its place.';
    case 'EACCES':
    case 'EPERM':
      return 'It may not be read by this user. Allow it, e.g. with chmod u+r.';
    default:
      return `It cannot be read: ${error instanceof Error ? error.message : String(error)}.`;
  }
}
