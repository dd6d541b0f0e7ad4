#!/usr/bin/env bash
# Packages: node-llama-cpp 3.22.1 (npm, its llama.cpp of that release); gguf 0.17.1 and numpy (PyPI), which make the model.
# Expected: an encoder reads a shorter text in less time. Flash attention, the default, is not slower than attention without it.
# Seen: on a CPU with heads of 32 numbers (MiniLM, E5-small), a text of 63 tokens takes several times as long as one of 64, and longer than
#   without flash attention. From 64 tokens on, llama.cpp computes it in tiles; below, row by row.
# Why it matters: questions to a search engine have 10 to 40 tokens, so embedding them is the slow case. Reading short texts in a context
#   without flash attention takes half the time.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >npm.log
npm install --no-audit --no-fund --ignore-scripts node-llama-cpp@3.22.1 >npm.log
python3 -m pip install --quiet --root-user-action ignore --disable-pip-version-check --target python gguf==0.17.1 'numpy<3'

cat >make.py <<'PY'
"""An encoder of the shape of MiniLM with random weights."""
import sys
import numpy as np
import gguf

words, path = 1000, sys.argv[1]
size, inner, positions, layers, heads = 384, 1536, 512, 6, 12
random = np.random.default_rng(1)
writer = gguf.GGUFWriter(path, "bert")
writer.add_context_length(positions)
writer.add_embedding_length(size)
writer.add_feed_forward_length(inner)
writer.add_block_count(layers)
writer.add_head_count(heads)
writer.add_layer_norm_eps(1e-12)
writer.add_causal_attention(False)
writer.add_pooling_type(gguf.PoolingType.MEAN)
writer.add_tokenizer_model("t5")
writer.add_tokenizer_pre("default")
writer.add_token_list([f"[{index}]" for index in range(words)])
writer.add_token_scores([-1.0] * words)
writer.add_token_types([2] + [1] * (words - 1))
writer.add_token_type_count(1)
writer.add_bos_token_id(0)
writer.add_eos_token_id(0)
writer.add_unk_token_id(0)
writer.add_add_bos_token(False)
writer.add_add_eos_token(False)

def tensor(name, *shape):
    writer.add_tensor(name, (random.standard_normal(shape) * 0.05).astype(np.float32))

tensor("token_embd.weight", words, size)
tensor("position_embd.weight", positions, size)
tensor("token_types.weight", 1, size)
def norm(name):
    tensor(f"{name}.weight", size)
    tensor(f"{name}.bias", size)

norm("token_embd_norm")
for block in [f"blk.{layer}" for layer in range(layers)]:
    norm(f"{block}.attn_output_norm")
    norm(f"{block}.layer_output_norm")
    for name in ["attn_q", "attn_k", "attn_v", "attn_output"]:
        tensor(f"{block}.{name}.weight", size, size)
        tensor(f"{block}.{name}.bias", size)
    tensor(f"{block}.ffn_up.weight", inner, size)
    tensor(f"{block}.ffn_up.bias", inner)
    tensor(f"{block}.ffn_down.weight", size, inner)
    tensor(f"{block}.ffn_down.bias", size)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
PY
cat >embed.mjs <<'JS'
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';

const [path, flash] = process.argv.slice(2);
const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.disabled });
// Contexts that embed take what is set for the model.
const model = await llama.loadModel({ modelPath: path, defaultContextFlashAttention: flash === 'on' });
const context = await model.createEmbeddingContext({ contextSize: 512, batchSize: 512, threads: 1 });
const times = { 63: [], 64: [] };
for (let round = 0; round < 60; round++) {
  for (const tokens of [63, 64]) {
    // The first and the last token are those of the beginning and the end; another text each time.
    const text = [0, ...Array.from({ length: tokens - 2 }, (_, index) => 2 + ((index + round) % 900)), 1];
    const before = process.cpuUsage();
    await context.getEmbeddingFor(text);
    const { user, system } = process.cpuUsage(before);
    times[tokens].push((user + system) / 1000);
  }
}
const median = (all) => all.toSorted((a, b) => a - b)[all.length >> 1];
console.log(median(times[63]).toFixed(1), median(times[64]).toFixed(1));
process.exit(0);
JS
export PYTHONPATH="$work/python"
python3 make.py model.gguf
read -r short long <<<"$(node embed.mjs model.gguf on)"
read -r plain _ <<<"$(node embed.mjs model.gguf off)"

echo 'node-llama-cpp 3.22.1: processor time of a text (median of 60, ms)'
echo 'expected: 63 tokens take at most what 64 take, and less than without flash attention'
echo "seen: 63 tokens take $short, 64 take $long; 63 without flash attention take $plain"
python3 -c 'import sys; a, b, c = map(float, sys.argv[1:]); sys.exit(not (a > 1.5 * b and a > 1.2 * c))' "$short" "$long" "$plain" ||
  { echo 'no longer so: the figures have changed' >&2; exit 1; }
