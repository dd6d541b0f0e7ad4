#!/usr/bin/env bash
# Builds llama.cpp's own llama-batched-bench, what "npm run bench -- inference" compares with, from the sources that the Python package
# llama-cpp-python carries. Needs pip, cmake and a C++ compiler, and about 10 minutes on 2 cores.
set -euo pipefail
version=0.3.36
target=${COLLOQUY_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/colloquy}/bench
if [ -x "$target/llama-batched-bench" ]; then echo "$target/llama-batched-bench is there already."; exit 0; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m pip download --quiet --no-deps --no-binary :all: --dest "$work" "llama-cpp-python==$version"
tar xzf "$work"/llama_cpp_python-*.tar.gz -C "$work"
cmake -S "$work/llama_cpp_python-$version/vendor/llama.cpp" -B "$work/build" -DCMAKE_BUILD_TYPE=Release -DGGML_NATIVE=ON \
  -DLLAMA_CURL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_SERVER=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DBUILD_SHARED_LIBS=OFF
cmake --build "$work/build" --target llama-batched-bench --parallel
mkdir -p "$target"
mv "$work/build/bin/llama-batched-bench" "$target/"
echo "$target/llama-batched-bench"
