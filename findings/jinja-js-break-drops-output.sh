#!/usr/bin/env bash
# Package: @huggingface/jinja 0.5.11 (npm), set against jinja2 3.1.6 (Python) with its extension loopcontrols.
# Expected: `{% break %}` and `{% continue %}` leave a round of a loop; what that round has written so far stays.
#   jinja2 does so, and chat templates are written for it.
# Seen: all that the round wrote before `break` or `continue` is dropped, without an error.
# Why it matters: a template which writes a message and then leaves the loop loses that message from the prompt.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >npm.log
npm install --no-audit --no-fund --ignore-scripts @huggingface/jinja@0.5.11 >npm.log
python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target python jinja2==3.1.6

cat >templates.json <<'JSON'
["{% for i in [1,2,3] %}{{ i }}{% if i == 2 %}{% break %}{% endif %},{% endfor %}",
 "{% for i in [1,2,3] %}{{ i }}{% if i == 2 %}{% continue %}{% endif %},{% endfor %}"]
JSON
cat >render.mjs <<'JS'
import { readFileSync } from 'node:fs';
import { Template } from '@huggingface/jinja';
for (const text of JSON.parse(readFileSync('templates.json', 'utf8'))) console.log(new Template(text).render({}));
JS
cat >render.py <<'PY'
import json
import jinja2

environment = jinja2.Environment(extensions=["jinja2.ext.loopcontrols"])
for text in json.load(open("templates.json")):
    print(environment.from_string(text).render())
PY
seen=$(node render.mjs)
expected=$(PYTHONPATH=python python3 render.py)

echo '@huggingface/jinja 0.5.11: output before break and continue'
cat templates.json
printf 'expected (jinja2 3.1.6):\n%s\nseen:\n%s\n' "$expected" "$seen"
[ "$expected" = $'1,2\n1,23,' ] || { echo 'jinja2 no longer gives the text expected here' >&2; exit 1; }
[ "$seen" = $'1,\n1,3,' ] || { echo 'no longer so: the output has changed' >&2; exit 1; }
