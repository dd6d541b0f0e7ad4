/** One line of standard input, or why it cannot be used. */
export type InputLine =
  { readonly number: number; readonly text: string } | { readonly number: number; readonly fault: string };

/** Maximum number of bytes kept of one line. Longer lines are refused (`MAX_MESSAGE_BYTES`), and an endless line must not fill the memory. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;

/** Splits bytes into lines and decodes each separately, so that a malformed line does not affect the others. */
export async function* readLines(chunks: AsyncIterable<Uint8Array | string>): AsyncGenerator<InputLine> {
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  let number = 0;

  const take = (): InputLine => {
    number++;
    const bytes = pendingBytes;
    const line = Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
    if (bytes > MAX_LINE_BYTES) {
      return {
        number,
        fault: `it has ${bytes.toLocaleString('en')} bytes, which is too long for one message. Send it in parts`,
      };
    }
    try {
      return { number, text: new TextDecoder('utf-8', { fatal: true }).decode(line).replace(/\r$/u, '') };
    } catch {
      return { number, fault: 'it is not valid UTF-8. Convert it first, e.g. with iconv -t UTF-8' };
    }
  };
  const keep = (bytes: Uint8Array): void => {
    if (pendingBytes <= MAX_LINE_BYTES) pending.push(bytes);
    pendingBytes += bytes.length;
  };

  for await (const chunk of chunks) {
    let rest = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    for (let end = rest.indexOf(0x0a); end !== -1; end = rest.indexOf(0x0a)) {
      keep(rest.subarray(0, end));
      yield take();
      rest = rest.subarray(end + 1);
    }
    keep(rest);
  }
  if (pendingBytes > 0) yield take();
}
