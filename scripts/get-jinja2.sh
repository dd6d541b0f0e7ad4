#!/usr/bin/env bash
# Gets Python's Jinja, which chat templates are written for, from the package jinja2 into the tools folder of COLLOQUY_HOME: a test of the
# ring "setup" compares prompts with it. Does nothing when it is there.
set -euo pipefail
version=3.1.6
target=${COLLOQUY_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/colloquy}/tools/jinja2-$version
if [ -f "$target/jinja2/__init__.py" ]; then exit 0; fi
if ! python3 -m pip --version >/dev/null 2>&1; then
  echo 'No Python with pip to get jinja2 with: install Python 3 with pip, then run this again.' >&2
  exit 1
fi
mkdir -p "$(dirname "$target")"
# Renamed when it is complete: a run that is cut off leaves nothing half done.
unfinished=$target.unfinished.$$
trap 'rm -rf "$unfinished"' EXIT
python3 -m pip install --quiet --root-user-action ignore --target "$unfinished" "jinja2==$version"
rm -rf "$target"
mv "$unfinished" "$target"
