#!/usr/bin/env bash
# Module: github.com/ollama/ollama v0.6.5 (Go).
# Expected: it builds for the processor at hand (CGO_CXXFLAGS=-march=native) on any x86-64 machine, as llama.cpp does.
# Seen: on processors with AMX (Intel, from Sapphire Rapids on) it compiles and does not link. Its ggml-cpu.cpp asks for the AMX buffers
# wherever the compiler may use AMX, but the module leaves out llama.cpp's ggml-cpu/amx.
# Why it matters: the same command works on one machine and fails on a newer one. -mno-amx-tile -mno-amx-int8 -mno-amx-bf16 help.
# It needs Go and GCC 11 or Clang 12 for x86-64, takes some minutes, and runs nothing of what it builds: any processor will do.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
printf 'module finding\n\ngo 1.24.0\n' >go.mod
printf 'package main\n\nimport _ "github.com/ollama/ollama/ml/backend/ggml/ggml/src"\n\nfunc main() {}\n' >main.go
go get github.com/ollama/ollama@v0.6.5 >get.log 2>&1
look() { # look NAME FLAGS: whether it builds for such a processor
  if CGO_CFLAGS="-O1 $2" CGO_CXXFLAGS="-O1 $2" go build -o program . >build.log 2>&1; then
    echo "$1: builds"
  else
    echo "$1: $(grep -o 'undefined reference to .*amx_buffer_type' build.log | sort -u | tr -d '`' || tail -n 3 build.log)"
  fi
}
known='icelake-server: builds
sapphirerapids: undefined reference to ggml_backend_amx_buffer_type
sapphirerapids without AMX: builds'
seen=$(
  look icelake-server -march=icelake-server
  look sapphirerapids -march=sapphirerapids
  look 'sapphirerapids without AMX' '-march=sapphirerapids -mno-amx-tile -mno-amx-int8 -mno-amx-bf16'
)

echo 'github.com/ollama/ollama v0.6.5: built for processors without and with AMX'
printf 'expected: all build\nseen:\n%s\n' "$seen"
[ "$seen" = "$known" ] || { echo 'no longer so: the output has changed' >&2; exit 1; }
