#!/usr/bin/env bash
# Package: numfmt 4.0.1 (npm).
# Expected: `require('numfmt')` works, since package.json has a "require" condition in "exports" (dist/index.cjs) with types.
# Seen: the package has neither file; require fails with MODULE_NOT_FOUND, while import works. 3.2.6 has both ways.
# Why it matters: a CommonJS program, or a bundler that takes the "require" condition, breaks by a major update that says nothing of it.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
look() { # look VERSION: how the package can be loaded
  mkdir "$1" && cd "$1"
  npm init -y >npm.log
  npm install --no-audit --no-fund --ignore-scripts "numfmt@$1" >npm.log
  node -e 'try { require("numfmt"); console.log("require: works"); } catch ({ code }) { console.log(`require: ${code}`); }'
  node --input-type=module -e 'const { format } = await import("numfmt"); console.log(`import: ${format("0.00", 1.5)}`);'
  cd ..
}
known='require: works
import: 1.50
require: MODULE_NOT_FOUND
import: 1.50'
seen=$(look 3.2.6; look 4.0.1)

echo 'numfmt 3.2.6 and 4.0.1: require and import'
printf 'expected: all work\nseen:\n%s\n' "$seen"
[ "$seen" = "$known" ] || { echo 'no longer so: the output has changed' >&2; exit 1; }
