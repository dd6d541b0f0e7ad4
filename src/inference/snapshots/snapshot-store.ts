import { createHash } from 'node:crypto';
import { chmod, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { makePrivateFolder } from '../../private-folder.js';

/** The state of one sequence on disk. */
export interface Snapshot {
  readonly name: string;
  readonly tokens: readonly number[];
}

export interface SnapshotStoreOptions {
  /** Folder that all models and processes share; created if missing. */
  readonly folder: string;
  /** Identifies everything that states depend on (model, context parameters, engine version): the store ignores states with another key. */
  readonly key: string;
  /** Disk space for all keys together; the least recently used states are deleted first. */
  readonly budgetBytes: number;
  readonly onNotice: (notice: string) => void;
}

const Description = z.object({
  tokens: z.array(z.number()),
  sizeBytes: z.number(),
  checksum: z.number(),
  cacheKey: z.string().optional(),
});
type Description = z.infer<typeof Description>;

const STATE = '.kv';
const DESCRIPTION = '.json';
const OWNER_ONLY = 0o600;

/**
 * States of sequences on disk, so that a process that lacks a conversation need not evaluate it again. Files are readable only by their
 * owner, written under a temporary name first, and verified before they are loaded. Damaged files are deleted and treated as missing.
 * Several processes may share a folder.
 */
export class SnapshotStore {
  private readonly known = new Map<string, Description>();
  private readonly folder: string;

  constructor(private readonly options: SnapshotStoreOptions) {
    this.folder = join(options.folder, createHash('sha256').update(options.key).digest('hex').slice(0, 16));
  }

  /** All states that can be loaded now, including those of other processes. */
  async list(): Promise<readonly Snapshot[]> {
    const files = await readdir(this.folder).catch(() => []);
    const names = files.filter((file) => file.endsWith(DESCRIPTION)).map((file) => file.slice(0, -DESCRIPTION.length));
    for (const name of this.known.keys()) if (!names.includes(name)) this.known.delete(name);
    await Promise.all(names.filter((name) => !this.known.has(name)).map((name) => this.describe(name)));
    return [...this.known].map(([name, { tokens }]) => ({ name, tokens }));
  }

  /** Keeps a state that `write` writes to a path. Never throws: a snapshot that cannot be written is skipped. */
  async save(
    tokens: readonly number[],
    write: (path: string) => Promise<void>,
    /** Identifies the conversation; see `forget`. */
    cacheKey?: string,
  ): Promise<void> {
    const name = createHash('sha256').update(Uint32Array.from(tokens)).digest('hex').slice(0, 32);
    const path = join(this.folder, name);
    const unfinished = `${path}.${process.pid}.tmp`;
    try {
      makePrivateFolder(this.folder);
      // Created before the state is written, so that the state is never readable by others.
      await writeFile(unfinished, '', { mode: OWNER_ONLY });
      await write(unfinished);
      await chmod(unfinished, OWNER_ONLY);
      const { size } = await stat(unfinished);
      const checksum = await checksumOf(unfinished);
      const description: Description = { tokens: [...tokens], sizeBytes: size, checksum, cacheKey };
      await rename(unfinished, path + STATE);
      await writeFile(unfinished, JSON.stringify(description), { mode: OWNER_ONLY });
      await rename(unfinished, path + DESCRIPTION);
      this.known.set(name, description);
      await this.removeBeginningsOf(tokens);
      await this.keepBudget();
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => undefined);
      this.options.onNotice(`A snapshot could not be written to ${this.folder}: ${reason(error)}`);
    }
  }

  /** Passes the path of a verified state to `read`; false if the state is damaged or gone, or `read` fails. */
  async load(name: string, read: (path: string) => Promise<void>): Promise<boolean> {
    const path = join(this.folder, name + STATE);
    try {
      const expected = this.known.get(name);
      if (expected === undefined || (await checksumOf(path)) !== expected.checksum)
        throw new Error('its checksum is wrong');
      await read(path);
      const now = new Date();
      await utimes(path, now, now).catch(() => undefined);
      return true;
    } catch (error) {
      await this.remove(this.folder, name);
      this.options.onNotice(`Snapshot ${path} is damaged and was deleted: ${reason(error)}`);
      return false;
    }
  }

  /** Deletes the states of one conversation. */
  async forget(cacheKey: string): Promise<void> {
    await this.list();
    const names = [...this.known].filter(([, known]) => known.cacheKey === cacheKey);
    for (const [name] of names) await this.remove(this.folder, name);
  }

  private async describe(name: string): Promise<void> {
    try {
      const text = await readFile(join(this.folder, name + DESCRIPTION), 'utf8');
      this.known.set(name, Description.parse(JSON.parse(text)));
    } catch (error) {
      // Another process deleted it meanwhile; it may be writing it again.
      if (isMissing(error)) return;
      await this.remove(this.folder, name);
      this.options.onNotice(`Snapshot ${name} in ${this.folder} is damaged and was deleted: ${reason(error)}`);
    }
  }

  /** Deletes earlier states of the same conversation, which the new one includes. */
  private async removeBeginningsOf(tokens: readonly number[]): Promise<void> {
    const earlier = [...this.known].filter(
      ([, known]) => known.tokens.length < tokens.length && known.tokens.every((token, i) => token === tokens[i]),
    );
    for (const [name] of earlier) await this.remove(this.folder, name);
  }

  private async keepBudget(): Promise<void> {
    const folders = await readdir(this.options.folder);
    const states = (await Promise.all(folders.map((folder) => statesIn(join(this.options.folder, folder))))).flat();
    let total = states.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    for (const { folder, name, sizeBytes } of states.toSorted((a, b) => a.usedAtMs - b.usedAtMs)) {
      if (total <= this.options.budgetBytes) return;
      await this.remove(folder, name);
      total -= sizeBytes;
    }
  }

  private async remove(folder: string, name: string): Promise<void> {
    this.known.delete(name);
    // Deletes the description first: without it, the state is ignored.
    await rm(join(folder, name + DESCRIPTION), { force: true }).catch(() => undefined);
    await rm(join(folder, name + STATE), { force: true }).catch(() => undefined);
  }
}

interface StateFile {
  readonly folder: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly usedAtMs: number;
}

async function statesIn(folder: string): Promise<StateFile[]> {
  const files = (await readdir(folder).catch(() => [])).filter((file) => file.endsWith(STATE));
  const found = await Promise.all(
    files.map(async (file) => {
      const info = await stat(join(folder, file)).catch(() => undefined);
      const name = file.slice(0, -STATE.length);
      return info === undefined ? [] : [{ folder, name, sizeBytes: info.size, usedAtMs: info.mtimeMs }];
    }),
  );
  return found.flat();
}

/** CRC-32, because this detects damage, not forgery, and has to check a state of 80 MB quickly. */
async function checksumOf(path: string): Promise<number> {
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(4 * 2 ** 20);
    let sum = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return sum;
      sum = crc32(buffer.subarray(0, bytesRead), sum);
    }
  } finally {
    await file.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function reason(error: unknown): string {
  return error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
}
