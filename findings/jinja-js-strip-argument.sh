#!/usr/bin/env bash
# Package: @huggingface/jinja 0.5.11 (npm), set against jinja2 3.1.6 (Python).
# Expected: `strip`, `lstrip` and `rstrip` remove the characters named in their argument, as Python's methods do.
#   Chat templates are written for Python's jinja2, so a template must give the same text in both.
# Seen: the argument is ignored and white space is removed instead, without an error.
# Why it matters: templates cut a model's thoughts out with `lstrip('\n')`. The prompt then differs by some
#   spaces or dashes from the one that the model was trained on, and nothing says so.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >npm.log
npm install --no-audit --no-fund --ignore-scripts @huggingface/jinja@0.5.11 >npm.log
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target python jinja2==3.1.6

cat >templates.json <<'JSON'
["[{{ ' x'.lstrip('\\n') }}]", "[{{ 'x '.rstrip('\\n') }}]", "[{{ '--x--'.strip('-') }}]"]
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

echo '@huggingface/jinja 0.5.11: strip, lstrip and rstrip with an argument'
cat templates.json
printf 'expected (jinja2 3.1.6):\n%s\nseen:\n%s\n' "$expected" "$seen"
[ "$expected" = $'[ x]\n[x ]\n[x]' ] || { echo 'jinja2 no longer gives the text expected here' >&2; exit 1; }
[ "$seen" = $'[x]\n[x]\n[--x--]' ] || { echo 'no longer so: the output has changed' >&2; exit 1; }
