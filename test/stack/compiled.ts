import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

/**
 * For a test file that starts processes: `src` as JavaScript, compiled before its tests and removed after. It lies below `dist`,
 * so that packages are found.
 */
export function compileSources(): string {
  const folder = join(root, 'dist', `test-stack-${process.pid}`);
  beforeAll(async () => {
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    const once = ['--incremental', 'false', '--tsBuildInfoFile', 'null', '--declaration', 'false'];
    const args = [compiler, '-p', 'tsconfig.build.json', '--outDir', folder, ...once];
    await promisify(execFile)(process.execPath, args, { cwd: root });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A program in `programs`. It finds the compiled sources by its first argument. */
export function program(name: string): string {
  return join(import.meta.dirname, 'programs', name);
}
