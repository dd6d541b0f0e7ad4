#!/usr/bin/env bash
# Packages: node-llama-cpp 3.22.1 (npm, its llama.cpp of that release); gguf 0.17.1 and numpy (PyPI), which make the models.
# Expected: what an embedding context takes follows from the model's layers and the length of texts. An encoder has no
#   output layer, so the size of its vocabulary matters for the table of words alone.
# Seen: embedding one text of 500 tokens takes 4 bytes x tokens x words more: of two models that differ in their number of
#   words alone (1,000 and 200,000; tables of 0.03 and 6.4 MB), the second takes about 400 MB more, for logits that are
#   zeroed and never computed. Each context has its own. A text of 10 tokens takes a few MB instead.
# Why it matters: multilingual encoders (XLM-RoBERTa, E5, BGE-M3) have 250,000 words: 512 MB a context of 512 tokens for a
#   model of 70 MB, 16 contexts 8 GB.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >npm.log
npm install --no-audit --no-fund --ignore-scripts node-llama-cpp@3.22.1 >npm.log
python3 -m pip install --quiet --root-user-action ignore --disable-pip-version-check --target python gguf==0.17.1 'numpy<3'

cat >make.py <<'PY'
"""An encoder of one layer with random weights, and so many words."""
import sys
import numpy as np
import gguf

words, path = int(sys.argv[1]), sys.argv[2]
size, inner, positions = 8, 16, 512
random = np.random.default_rng(1)
writer = gguf.GGUFWriter(path, "bert")
writer.add_context_length(positions)
writer.add_embedding_length(size)
writer.add_feed_forward_length(inner)
writer.add_block_count(1)
writer.add_head_count(1)
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
    writer.add_tensor(name, random.standard_normal(shape).astype(np.float32))

tensor("token_embd.weight", words, size)
tensor("position_embd.weight", positions, size)
tensor("token_types.weight", 1, size)
for norm in ["token_embd_norm", "blk.0.attn_output_norm", "blk.0.layer_output_norm"]:
    tensor(f"{norm}.weight", size)
    tensor(f"{norm}.bias", size)
for name in ["attn_q", "attn_k", "attn_v", "attn_output"]:
    tensor(f"blk.0.{name}.weight", size, size)
    tensor(f"blk.0.{name}.bias", size)
tensor("blk.0.ffn_up.weight", inner, size)
tensor("blk.0.ffn_up.bias", inner)
tensor("blk.0.ffn_down.weight", size, inner)
tensor("blk.0.ffn_down.bias", size)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
PY
cat >embed.mjs <<'JS'
import { readFileSync } from 'node:fs';
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';

const [path, tokens] = process.argv.slice(2);
const llama = await getLlama({ gpu: false, build: 'never', logLevel: LlamaLogLevel.disabled });
const model = await llama.loadModel({ modelPath: path });
const context = await model.createEmbeddingContext({ contextSize: 512, batchSize: 512, threads: 1 });
const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
const before = memory();
await context.getEmbeddingFor(Array.from({ length: Number(tokens) }, (_, index) => index + 1));
console.log(Math.round(memory() - before));
process.exit(0);
JS
export PYTHONPATH="$work/python"
python3 make.py 1000 small.gguf
python3 make.py 200000 large.gguf
short=$(node embed.mjs large.gguf 10)
small=$(node embed.mjs small.gguf 500)
large=$(node embed.mjs large.gguf 500)
# MB and MiB, and what else a first text takes.
about() { [ "$1" -ge "$2" ] && [ "$1" -le "$3" ] && echo yes || echo no; }

echo 'node-llama-cpp 3.22.1: memory that the first text takes (MiB)'
echo 'expected: much the same for 500 tokens of either model'
echo "seen: $small with 1,000 words, $large with 200,000 words; $short for 10 tokens of the latter"
[ "$(about "$small" 0 40)$(about "$large" 370 450)$(about "$short" 0 50)" = yesyesyes ] || { echo 'no longer so: the figures have changed' >&2; exit 1; }
