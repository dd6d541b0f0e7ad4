#!/usr/bin/env node
// Node's own warning is no help to users: say what to do.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`error: Colloquy needs Node 20.19 or later; this is ${process.version}.\n`);
  process.exit(1);
}
try {
  const { main } = await import('../dist/cli/main.js');
  // Not process.exit(): output that is on its way must arrive. Nothing may keep the process alive after main.
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !String(error.message).includes('dist')) throw error;
  process.stderr.write('error: Colloquy is not built yet. Run "npm run build" first.\n');
  process.exitCode = 1;
}
