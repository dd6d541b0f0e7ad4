// @ts-check
// Draws which room of src/ imports which, as a Mermaid graph, and counts rooms, arrows and arrows upward (which the borders forbid):
//   node scripts/draw-rooms.mjs [FOLDER]      default: this checkout; another build may be drawn beside it
// A room is a folder of src/, or a folder within one where that has several. Test files do not count.
/* oxlint-disable no-console -- what it prints is what it is for */
import { fileURLToPath } from 'node:url';
import { resolve } from 'node:path';
import { cruise } from 'dependency-cruiser';
import { FOLDERS } from './borders.mjs';

const root = resolve(process.argv[2] ?? fileURLToPath(new URL('..', import.meta.url)));
const { output } = await cruise(
  ['src'],
  {
    baseDir: root,
    exclude: { path: '\\.test\\.ts$' },
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
  },
  {},
);
if (typeof output === 'string') throw new Error('dependency-cruiser returned text');
/** At most two folders deep. Files at the root of src/ are no room. */
const nameOf = (/** @type {string} */ path) => /^src\/(?<room>[^/]+(?:\/[^/]+)?)\//u.exec(path)?.groups?.room;
const arrows = new Map();
const rooms = new Map();
for (const { source, dependencies } of output.modules) {
  const from = nameOf(source);
  if (from === undefined) continue;
  rooms.set(from, (rooms.get(from) ?? 0) + 1);
  for (const { resolved } of dependencies) {
    const to = nameOf(resolved);
    if (to === undefined || to === from) continue;
    const key = `${from} ${to}`;
    arrows.set(key, (arrows.get(key) ?? 0) + 1);
  }
}
const top = (/** @type {string} */ room) => room.split('/')[0] ?? room;
const allowed = new Map(Object.entries(FOLDERS));
const upward = [...arrows.keys()].filter((key) => {
  const [from = '', to = ''] = key.split(' ');
  if (top(from) === top(to)) return false;
  return !(allowed.get(top(from)) ?? []).some((name) => name === to || name === top(to));
});
const folders = new Map();
for (const key of arrows.keys()) {
  const [from = '', to = ''] = key.split(' ').map(top);
  if (from !== to) folders.set(`${from} ${to}`, (folders.get(`${from} ${to}`) ?? 0) + (arrows.get(key) ?? 0));
}
console.log('```mermaid\nflowchart TD');
for (const [key, count] of [...folders].toSorted(([a], [b]) => a.localeCompare(b))) {
  const [from, to] = key.split(' ');
  console.log(`  ${from} -->|${count}| ${to}`);
}
console.log('```\n');
console.log(
  `${rooms.size} rooms, ${arrows.size} arrows between rooms, ${folders.size} between folders, ${upward.length} upward.`,
);
for (const key of upward) console.log(`  upward: ${key.replace(' ', ' -> ')}`);
for (const [room, count] of [...rooms].toSorted(([, a], [, b]) => b - a).slice(0, 8))
  console.log(`  ${room}: ${count} files`);
