import { appendFileSync, chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Lines typed in chats, for the arrow keys. */
export interface InputHistory {
  /** The newest first, at most `MAX_ENTRIES`. */
  readonly entries: readonly string[];
  add(entry: string): void;
}

const MAX_ENTRIES = 500;
/** Longer messages are not kept in the history. */
const MAX_ENTRY_LENGTH = 10_000;
/** The file is shortened only when it has more lines, so that it is not rewritten for each message. */
const MAX_LINES = 2 * MAX_ENTRIES;

/** The history in the data folder: `chat-history`, a JSON string a line, the newest last. Only this user may read it. */
export function openInputHistory(home: string): InputHistory {
  const path = join(home, 'chat-history');
  const stored = readEntries(path);
  if (stored.length > MAX_LINES) cut(path, stored.slice(-MAX_ENTRIES));
  return {
    entries: stored.slice(-MAX_ENTRIES).toReversed(),
    add(entry) {
      if (entry.length > MAX_ENTRY_LENGTH) return;
      quietly(() => appendFileSync(path, `${JSON.stringify(entry)}\n`, { mode: 0o600 }));
    },
  };
}

function readEntries(path: string): string[] {
  let text = '';
  quietly(() => {
    text = readFileSync(path, 'utf8');
    // Another program may have created it.
    chmodSync(path, 0o600);
  });
  return text.split('\n').flatMap((line) => {
    try {
      const entry: unknown = JSON.parse(line);
      return typeof entry === 'string' ? [entry] : [];
    } catch {
      return [];
    }
  });
}

function cut(path: string, entries: readonly string[]): void {
  quietly(() => {
    const temporary = `${path}.${process.pid}.tmp`;
    writeFileSync(temporary, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''), { mode: 0o600 });
    renameSync(temporary, path);
  });
}

/** A chat works without a history. */
function quietly(action: () => void): void {
  try {
    action();
  } catch {
    // The folder cannot be read or written; other code that needs it reports that.
  }
}
