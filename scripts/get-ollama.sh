#!/usr/bin/env bash
# Gets an Ollama server for the tests and the benchmark, and prints where it is: OLLAMA_BIN, one on PATH, or one built from source by
# Go (with a C++ compiler; about 3 minutes on 2 cores). Prints nothing, and says why on standard error, where there is no way to get it.
set -euo pipefail
version=0.6.5
if [ -n "${OLLAMA_BIN:-}" ]; then echo "$OLLAMA_BIN"; exit 0; fi
if command -v ollama; then exit 0; fi
target=${COLLOQUY_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/colloquy}/tools/ollama-$version
if [ -x "$target/ollama" ]; then echo "$target/ollama"; exit 0; fi

for tool in go c++; do
  if ! command -v "$tool" >/dev/null; then
    echo "No Ollama: none on PATH, OLLAMA_BIN is not set, and there is no \"$tool\" to build it with." >&2
    exit 0
  fi
done
# Built beside its place and moved there whole: an interrupted build leaves nothing that looks finished.
work=$target.partial.$$
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"
# Without the instruction sets of this machine's processor Ollama would run several times slower than its releases do. But for AMX: its
# Go module lacks the sources that llama.cpp has for it, and does not link where the compiler may use it.
native="-O3 -march=native"
for flag in -mno-amx-tile -mno-amx-int8 -mno-amx-bf16; do
  if echo | c++ $native $flag -E - >/dev/null 2>&1; then native="$native $flag"; fi
done
CGO_CFLAGS=$native CGO_CXXFLAGS=$native GOBIN=$work \
  go install "github.com/ollama/ollama@v$version" >&2
mkdir -p "$target"
mv "$work/ollama" "$target/ollama"
echo "$target/ollama"
