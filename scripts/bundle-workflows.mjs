// Bundles the workflows into dist/workflow-bundle.js, so that a worker starts without webpack. Skipped while nothing changed.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bundlePath = `${root}dist/workflow-bundle.js`;
const stampPath = `${root}dist/.workflow-bundle.sha256`;

const inputs = ['package-lock.json', 'scripts/bundle-workflows.mjs'];
for (const folder of ['dist/workflows', 'dist/domain']) {
  // Folders within, too: a rule that changed there must not run as it was.
  const names = readdirSync(root + folder, { recursive: true }).map(String);
  for (const name of names.toSorted()) if (name.endsWith('.js')) inputs.push(`${folder}/${name}`);
}
const hash = createHash('sha256');
for (const input of inputs) hash.update(`${input}\0`).update(readFileSync(root + input));
const stamp = hash.digest('hex');

if (!existsSync(bundlePath) || !existsSync(stampPath) || readFileSync(stampPath, 'utf8') !== stamp) {
  // Loaded only when needed: it takes a second.
  const { bundleWorkflowCode, DefaultLogger } = await import('@temporalio/worker');
  const { code } = await bundleWorkflowCode({
    workflowsPath: `${root}dist/workflows/index.js`,
    workflowInterceptorModules: [`${root}dist/workflows/check-input.js`],
    payloadConverterPath: `${root}dist/workflows/converters/payload-converter.js`,
    failureConverterPath: `${root}dist/workflows/converters/failure-converter.js`,
    logger: new DefaultLogger('WARN'),
  });
  // Written aside and renamed: another process may be reading it.
  const temporary = `${bundlePath}.${process.pid}`;
  writeFileSync(temporary, code);
  renameSync(temporary, bundlePath);
  writeFileSync(stampPath, stamp);
}
