import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** The process that listens on a port of this machine. */
export interface PortOwner {
  readonly pid: number;
  /** Program and arguments. */
  readonly command: readonly string[];
}

/** State "listening" in /proc/net/tcp. source: linux/include/net/tcp_states.h */
const LISTENING = '0A';

/**
 * The process that listens on this TCP port. Undefined where the system does not report it: only Linux does, and it reports processes of
 * other users only to root.
 */
export function findPortOwner(port: number): PortOwner | undefined {
  if (process.platform !== 'linux') return undefined;
  const inodes = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningInodes(table, port)));
  if (inodes.size === 0) return undefined;
  const pid = entriesOf('/proc')
    .filter((name) => /^\d+$/u.test(name))
    .find((name) => socketsOf(name).some((inode) => inodes.has(inode)));
  if (pid === undefined) return undefined;
  return { pid: Number(pid), command: readText(`/proc/${pid}/cmdline`).split('\0').slice(0, -1) };
}

/** source: https://docs.kernel.org/networking/proc_net_tcp.html */
function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readText(table)
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/u))
    .flatMap(([, local, , state, , , , , , inode]) =>
      local?.endsWith(suffix) === true && state === LISTENING && inode !== undefined ? [inode] : [],
    );
}

function socketsOf(pid: string): string[] {
  return entriesOf(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      const inode = /^socket:\[(\d+)\]$/u.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode === undefined ? [] : [inode];
    } catch {
      return [];
    }
  });
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
