import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SnapshotStore } from './snapshot-store.js';

const writing = (text: string) => (path: string) => writeFile(path, text);
const refuse = () => Promise.reject(new Error('n_stream mismatch'));

describe('the snapshot store', () => {
  let folder: string;
  let notices: string[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'colloquy-snapshots-'));
    notices = [];
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  function store(key = 'model', budgetBytes = 1_000_000): SnapshotStore {
    return new SnapshotStore({ folder, key, budgetBytes, onNotice: (notice) => notices.push(notice) });
  }

  async function files(): Promise<string[]> {
    const all = await readdir(folder, { recursive: true, withFileTypes: true });
    return all.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  }

  it('gives back what it was given, also to another process', async () => {
    await store().save([1, 2, 3], writing('state'));
    const other = store();
    const [snapshot] = await other.list();
    expect(snapshot?.tokens).toEqual([1, 2, 3]);
    let read = '';
    expect(await other.load(snapshot?.name ?? '', async (path) => void (read = await readFile(path, 'utf8')))).toBe(
      true,
    );
    expect(read).toBe('state');
    expect(notices).toEqual([]);
  });

  it('forgets the states of one conversation', async () => {
    const one = store();
    await one.save([1, 2, 3], writing('state'), 'a');
    await one.save([4, 5, 6], writing('state'), 'b');
    await store().forget('a');
    expect((await store().list()).map(({ tokens }) => tokens)).toEqual([[4, 5, 6]]);
    expect(await files()).toHaveLength(2);
  });

  it('sees nothing of another key', async () => {
    await store('one').save([1], writing('state'));
    expect(await store('two').list()).toEqual([]);
  });

  it('writes files that only their owner may read, and leaves no unfinished ones', async () => {
    await store().save([1], writing('state'));
    const written = await files();
    expect(new Set(written.map((file) => file.split('.').at(-1)))).toEqual(new Set(['json', 'kv']));
    for (const file of written) expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('treats a damaged state as missing, says so once and deletes it', async () => {
    const one = store();
    await one.save([1], writing('state'));
    const [snapshot] = await one.list();
    const state = (await files()).find((file) => file.endsWith('.kv'));
    await appendFile(state ?? '', 'x');
    expect(await one.load(snapshot?.name ?? '', async () => {})).toBe(false);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(/damaged and was deleted: its checksum is wrong/);
    expect(await one.list()).toEqual([]);
    expect(await files()).toEqual([]);
  });

  it('treats a state that the engine refuses as damaged', async () => {
    const one = store();
    await one.save([1], writing('state'));
    const [snapshot] = await one.list();
    expect(await one.load(snapshot?.name ?? '', refuse)).toBe(false);
    expect(await files()).toEqual([]);
  });

  it('treats a damaged description as missing', async () => {
    await store().save([1], writing('state'));
    const description = (await files()).find((file) => file.endsWith('.json'));
    await writeFile(description ?? '', '{"tokens": "none"}');
    expect(await store().list()).toEqual([]);
    expect(notices).toHaveLength(1);
  });

  it('keeps the newest state of a conversation only, and those of others', async () => {
    const one = store();
    for (const tokens of [
      [1, 2],
      [1, 5],
      [1, 2, 3],
      [1, 2, 3, 4],
    ])
      await one.save(tokens, writing('state'));
    expect((await one.list()).map(({ tokens }) => tokens)).toEqual([
      [1, 5],
      [1, 2, 3, 4],
    ]);
    expect(await files()).toHaveLength(4);
  });

  it('keeps within its budget over all keys, dropping the least recently used', async () => {
    const old = store('old', 250);
    await old.save([1], writing('x'.repeat(100)));
    await sleep(20);
    const one = store('new', 250);
    await one.save([2], writing('x'.repeat(100)));
    await sleep(20);
    const [first] = await old.list();
    await old.load(first?.name ?? '', async () => {});
    await sleep(20);
    await one.save([3], writing('x'.repeat(100)));
    expect((await old.list()).map(({ tokens }) => tokens)).toEqual([[1]]);
    expect((await one.list()).map(({ tokens }) => tokens)).toEqual([[3]]);
  });

  it('gives up a snapshot that cannot be written, saying so', async () => {
    await store().save([1], () => Promise.reject(new Error('no space left')));
    expect(notices).toEqual([expect.stringContaining('no space left')]);
    expect(await files()).toEqual([]);
    await writeFile(join(folder, 'file'), '');
    const nowhere = new SnapshotStore({
      folder: join(folder, 'file'),
      key: 'k',
      budgetBytes: 1,
      onNotice: (notice) => notices.push(notice),
    });
    await nowhere.save([1], writing('x'));
    expect(notices).toHaveLength(2);
    expect(await nowhere.list()).toEqual([]);
  });
});
