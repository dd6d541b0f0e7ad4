import { accessSync, constants, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';

/** Why tests that need a browser are skipped, when none is found. */
export const NO_CHROMIUM = 'no Chromium found: run scripts/get-chromium.sh, or set COLLOQUY_TEST_CHROMIUM to its path';

/** The path of a Chromium or Chrome: the one named by COLLOQUY_TEST_CHROMIUM, else the first on PATH. */
export function findChromium(): string | undefined {
  const named = process.env.COLLOQUY_TEST_CHROMIUM;
  if (named !== undefined) return named;
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

/** Opens an empty page in a headless browser with a profile of its own, hands it to `use`, and closes everything after. */
export async function withPage<Result>(executablePath: string, use: (page: Page) => Promise<Result>): Promise<Result> {
  const profile = mkdtempSync(join(tmpdir(), 'colloquy-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    viewport: { width: 1440, height: 900 },
    // Root has no sandbox, and the browser must not look for updates where there is no network.
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  try {
    return await use(context.pages()[0] ?? (await context.newPage()));
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 3 });
  }
}

function isExecutable(path: string): boolean {
  if (!existsSync(path)) return false;
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
