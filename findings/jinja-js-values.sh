#!/usr/bin/env bash
# Package: @huggingface/jinja 0.5.11 (npm), set against jinja2 3.1.6 (Python).
# Expected: values compare and print as in Python, for which chat templates are written:
#   `'1' == 1` is false, and `{{ true }}` prints `True`.
# Seen: `==` compares as JavaScript's loose `==`, so `'1' == 1` is true, and `{{ true }}` prints `true`.
# Why it matters: a condition on a string that looks like a number takes the other branch, and a switch that
#   a template prints into the prompt reads otherwise than in the model's training.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >npm.log
npm install --no-audit --no-fund --ignore-scripts @huggingface/jinja@0.5.11 >npm.log
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target python jinja2==3.1.6

cat >templates.json <<'JSON'
["{{ 'equal' if '1' == 1 else 'different' }}", "{{ true }}"]
JSON
cat >render.mjs <<'JS'
import { readFileSync } from 'node:fs';
import { Template } from '@huggingface/jinja';
for (const text of JSON.parse(readFileSync('templates.json', 'utf8'))) console.log(new Template(text).render({}));
JS
cat >render.py <<'PY'
import json
import jinja2

for text in json.load(open("templates.json")):
    print(jinja2.Environment().from_string(text).render())
PY
seen=$(node render.mjs)
expected=$(PYTHONPATH=python python3 render.py)

echo '@huggingface/jinja 0.5.11: comparing and printing values'
cat templates.json
printf 'expected (jinja2 3.1.6):\n%s\nseen:\n%s\n' "$expected" "$seen"
[ "$expected" = $'different\nTrue' ] || { echo 'jinja2 no longer gives the text expected here' >&2; exit 1; }
[ "$seen" = $'equal\ntrue' ] || { echo 'no longer so: the output has changed' >&2; exit 1; }
