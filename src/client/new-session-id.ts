import { randomBytes } from 'node:crypto';

/** E.g. `20260131-7k2m9x4a`: sorts by day, and is short enough to type. */
export function newSessionId(): string {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
  const random = Array.from(randomBytes(8), (byte) => '0123456789abcdefghjkmnpqrstvwxyz'[byte & 31]).join('');
  return `${day}-${random}`;
}
