/** Decodes with one encoding, given by its name in the Encoding Standard. */

/** Returns undefined if the sample is not valid in the encoding. The sample's last character may be cut off, unless `isWhole`. */
export function decodeSample(
  sample: Uint8Array,
  encoding: string,
  { isWhole = false }: { readonly isWhole?: boolean } = {},
): string | undefined {
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(sample, { stream: !isWhole });
    return encoding === 'windows-1252' ? decodeWindows1252(sample) : text;
  } catch {
    return undefined;
  }
}

export function decodeBytes(bytes: Uint8Array, encoding: string): string {
  return encoding === 'windows-1252' ? decodeWindows1252(bytes) : new TextDecoder(encoding).decode(bytes);
}

/**
 * Characters 0x80 to 0x9F; the others are the same as in Latin-1. Node's decoder reads these as Latin-1, too. source: Encoding Standard,
 * index windows-1252
 */
const WINDOWS_1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ';

function decodeWindows1252(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  return text.replace(/[\u0080-\u009F]/gu, (character) => WINDOWS_1252[character.charCodeAt(0) - 0x80] ?? character);
}
